using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Operations;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Joining;
using Warren.Server.Configuration;
using Warren.Server.Listeners;
using Warren.Server.Logging;

namespace Warren.Server.Control;

/// <summary>What operators ask a node when something is wrong with it or around it.</summary>
internal sealed class Diagnostics(NodeHost host)
{
    public Task<Action<Utf8JsonWriter>?> HashPassword(ControlRequest request, ControlReply reply)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(PasswordHash.SaltSizeBytes);
        string hash = PasswordHash
            .Create(request.Text("password"), host.RequireNode().Broker.PasswordHashing, salt).ToBase64();
        return Now(json => json.WriteString("hash", hash));
    }

    /// <summary>Variables of the process, and what it was called with.</summary>
    public static Task<Action<Utf8JsonWriter>?> Process(ControlRequest request, ControlReply reply) => Now(json =>
    {
        json.WriteStartObject("variables");
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(variable => IsShown((string)variable.Key))
            .OrderBy(variable => (string)variable.Key, StringComparer.Ordinal))
            json.WriteString((string)variable.Key, (string?)variable.Value);
        json.WriteEndObject();
        json.WriteStartArray("arguments");
        foreach (string argument in Environment.GetCommandLineArgs())
            json.WriteStringValue(argument);
        json.WriteEndArray();
    });

    /// <summary>RabbitMQ's variables; a secret is not shown, whoever asks.</summary>
    internal static bool IsShown(string variable) => variable.StartsWith("RABBITMQ_", StringComparison.Ordinal)
        && variable is not ("RABBITMQ_ERLANG_COOKIE" or "RABBITMQ_DEFAULT_PASS");

    /// <summary>What a TLS listener can be told to speak.</summary>
    public static Task<Action<Utf8JsonWriter>?> TlsVersions(ControlRequest request, ControlReply reply) => Now(json =>
    {
        json.WriteStartArray("versions");
        foreach (string version in TlsSection.Versions)
            json.WriteStringValue(version);
        json.WriteEndArray();
    });

    public static Task<Action<Utf8JsonWriter>?> NetworkInterfaces(
        ControlRequest request, ControlReply reply) => Now(json =>
    {
        json.WriteStartObject("interfaces");
        foreach (NetworkInterface one in NetworkInterface.GetAllNetworkInterfaces()
            .OrderBy(one => one.Name, StringComparer.Ordinal))
        {
            json.WriteStartArray(one.Name);
            foreach (UnicastIPAddressInformation address in one.GetIPProperties().UnicastAddresses)
                json.WriteStringValue(address.Address.ToString());
            json.WriteEndArray();
        }
        json.WriteEndObject();
    });

    public Task<Action<Utf8JsonWriter>?> CookieHash(ControlRequest request, ControlReply reply)
    {
        string hash = host.Cluster?.CookieHash
            ?? throw ControlRefusalException.Because("the node has not read its cookie yet");
        return Now(json => json.WriteString("hash", hash));
    }

    /// <summary>As the node's own machine finds it.</summary>
    public static async Task<Action<Utf8JsonWriter>?> ResolveAsync(ControlRequest request, ControlReply reply)
    {
        AddressFamily family = request.Text("family") == "ipv6"
            ? AddressFamily.InterNetworkV6
            : AddressFamily.InterNetwork;
        IPAddress[] found;
        try
        {
            found = await Dns.GetHostAddressesAsync(request.Text("host"), family, reply.Cancellation)
                .ConfigureAwait(false);
        }
        catch (SocketException)
        {
            found = [];
        }
        if (found.Length == 0)
        {
            throw new ControlRefusalException(
                ControlRefusalException.NotFoundKind,
                "Hostname does not resolve (resolution failed with an nxdomain)");
        }
        return json =>
        {
            json.WriteStartArray("addresses");
            foreach (IPAddress address in found)
                json.WriteStringValue(address.ToString());
            json.WriteEndArray();
        };
    }

    public async Task<Action<Utf8JsonWriter>?> DiscoverAsync(ControlRequest request, ControlReply reply)
    {
        host.RequireNode();
        IReadOnlyList<NodeName> found;
        try
        {
            found = host.Cluster is { } cluster ? await cluster.DiscoverAsync().ConfigureAwait(false) : [];
        }
        catch (DiscoveryException error)
        {
            throw ControlRefusalException.Because(error.Message);
        }
        return json =>
        {
            json.WriteStartArray("nodes");
            foreach (NodeName name in found)
                json.WriteStringValue(name.Value);
            json.WriteEndArray();
        };
    }

    /// <summary>The files behind each TLS listener; if so asked, only of those that expire soon.</summary>
    public Task<Action<Utf8JsonWriter>?> Certificates(ControlRequest request, ControlReply reply)
    {
        AmqpListener[] secured = [.. host.RequireNode().Listeners.Where(listener => listener.IsTls)];
        if (secured.Length == 0 || host.Options.Tls is not { } options)
            return Now(Write);
        DateTimeOffset now = host.Seams.Time.GetUtcNow();
        CertificateReport node = CertificateReport.OfNode(options, now);
        CertificateReport authorities = CertificateReport.OfAuthorities(options, now);
        DateTimeOffset? limit = request.FindNumber("within_seconds") is { } seconds ? now.AddSeconds(seconds) : null;
        bool isWanted = limit is null || Expires(node, limit.Value) || Expires(authorities, limit.Value);
        return Now(json => Write(json, isWanted ? secured : [], node, authorities, limit));
    }

    /// <summary>
    /// Queues of this node that are out of reach without it: nobody else has a copy, or no majority of members is left.
    /// </summary>
    public async Task<Action<Utf8JsonWriter>?> CriticalQueuesAsync(ControlRequest request, ControlReply reply)
    {
        MessageBroker broker = host.RequireServing().Broker;
        bool areQuorum = request.Command == "check_if_node_is_quorum_critical";
        ImmutableArray<QueueDefinition> critical = await new CriticalQueues(broker)
            .FindAsync(
                queue => areQuorum ? queue.Type == QueueType.Quorum : IsMirrored(broker, queue),
                patience: TimeSpan.Zero)
            .ConfigureAwait(false);
        return json => WriteQueues(json, critical);
    }

    /// <summary>
    /// Queues by name and vhost, as <c>queues</c>; what keeps delayed messages with its exchange's name, too.
    /// </summary>
    internal static void WriteQueues(Utf8JsonWriter json, IEnumerable<QueueDefinition> queues)
    {
        json.WriteStartArray("queues");
        foreach (QueueDefinition queue in queues)
        {
            json.WriteStartObject();
            json.WriteString("name", queue.Name);
            json.WriteString("vhost", queue.Vhost);
            if (queue.DelaysOf is { } exchange)
                json.WriteString("delayed_exchange", exchange);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    /// <summary>The last lines of the log, as rows, and for some seconds those that follow.</summary>
    public async Task<Action<Utf8JsonWriter>?> TailAsync(ControlRequest request, ControlReply reply)
    {
        string path = host.Options.Log.FilePath ?? throw ControlRefusalException.Because(
            "the node writes no log file: its log is on its standard output, which the service manager keeps "
            + "(journalctl -u rabbitmq-server)");
        try
        {
            (IReadOnlyList<string> lines, long endBytes) = LogTail.Read(path, request.Number("count"));
            await WriteAsync(reply, lines).ConfigureAwait(false);
            if (request.Flag("follows"))
                await FollowAsync(path, endBytes, request.FindNumber("seconds"), reply).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ControlRefusalException.Because($"{path} cannot be read: {error.Message}");
        }
    }

    private async Task FollowAsync(string path, long fromBytes, double? seconds, ControlReply reply)
    {
        using var enough = new CancellationTokenSource(
            seconds is { } some ? TimeSpan.FromSeconds(some) : Timeout.InfiniteTimeSpan, host.Seams.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, reply.Cancellation);
        try
        {
            await LogTail.FollowAsync(
                path, fromBytes, lines => WriteAsync(reply, lines), host.Seams.Time, either.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
            // As long as was asked for.
        }
    }

    private static async Task WriteAsync(ControlReply reply, IEnumerable<string> lines)
    {
        foreach (string line in lines)
            await reply.RowAsync(json => json.WriteStringValue(line)).ConfigureAwait(false);
        await reply.FlushAsync().ConfigureAwait(false);
    }

    private static bool IsMirrored(MessageBroker broker, QueueDefinition queue) =>
        queue.Type == QueueType.Classic
        && broker.Topology.Vhosts.TryGetValue(queue.Vhost, out Vhost? vhost)
        && vhost.Policies.OfQueues.TryGetValue(queue.Name, out EffectivePolicy? policy)
        && policy.Definition.ContainsKey("ha-mode");

    private static bool Expires(CertificateReport report, DateTimeOffset limit) =>
        report.Problem is not null || report.Expiries.Any(expiry => expiry < limit);

    private static void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("listeners");
        json.WriteEndArray();
    }

    private void Write(
        Utf8JsonWriter json, AmqpListener[] secured, CertificateReport node, CertificateReport authorities,
        DateTimeOffset? limit)
    {
        json.WriteStartArray("listeners");
        foreach (AmqpListener listener in secured)
        {
            json.WriteStartObject();
            NodeReport.WriteListener(json, host, listener);
            Write(json, "certfile", node, limit);
            Write(json, "cacertfile", authorities, limit);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, CertificateReport report, DateTimeOffset? limit)
    {
        json.WriteString(name, limit is null ? report.Pem : report.File);
        if (limit is not { } until)
            return;
        json.WriteStartArray(name + "_expires_on");
        if (report.Problem is { } problem)
            json.WriteStringValue(problem);
        foreach (DateTimeOffset expiry in report.Expiries.Where(expiry => expiry < until))
            json.WriteStringValue(expiry.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
        json.WriteEndArray();
    }

    private static Task<Action<Utf8JsonWriter>?> Now(Action<Utf8JsonWriter> write) =>
        Task.FromResult<Action<Utf8JsonWriter>?>(write);
}
