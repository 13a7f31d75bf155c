using System.Text;
using Warren.Cluster.Links;

namespace Warren.Cli.Node;

/// <summary>
/// Where a node of another host is reached, and with what: its peer port, the caller's cookie, and the TLS files of
/// this machine's own <c>rabbitmq.conf</c>, since all nodes of a cluster have the like.
/// </summary>
internal sealed record RemotePlace
{
    private const string PackagedHome = "/var/lib/rabbitmq";

    /// <summary>Host of the node's name; <c>RABBITMQ_DIST_PORT</c>, or the usual port.</summary>
    public required PeerAddress Address { get; init; }

    /// <summary>Of the user who runs the command.</summary>
    public required string Home { get; init; }

    /// <summary>What the caller gave on the line, in place of a file's.</summary>
    public string? GivenCookie { get; init; }

    /// <summary>Where the cookie may lie, the likeliest first.</summary>
    public required IReadOnlyList<string> CookieFiles { get; init; }

    /// <summary>Where TLS may be configured; of a key that stands in several the last one holds.</summary>
    public required IReadOnlyList<string> ConfigurationFiles { get; init; }

    /// <summary>What the command calls itself in the other node's log.</summary>
    public required string OwnName { get; init; }

    /// <summary>Null if the node's host is this machine.</summary>
    /// <param name="environment">The process.</param>
    /// <param name="find">A variable without <c>RABBITMQ_</c>, from process or <c>rabbitmq-env.conf</c>.</param>
    /// <param name="name">The node's.</param>
    /// <param name="configuration">The directory of <c>rabbitmq.conf</c>.</param>
    public static RemotePlace? Find(
        CallerEnvironment environment, Func<string, string?> find, string name, string configuration)
    {
        string host = name[(name.IndexOf('@', StringComparison.Ordinal) + 1)..];
        string own = environment.HostName;
        if (host == "localhost" || host == own || host.Split('.')[0] == own.Split('.')[0])
            return null;
        string home = environment.Find("HOME") ?? "/";
        string main = find("CONFIG_FILE") ?? Path.Combine(configuration, "rabbitmq");
        string more = find("CONFIG_FILES") ?? Path.Combine(configuration, "conf.d");
        return new RemotePlace
        {
            Address = new PeerAddress(host, PortOf(find("DIST_PORT"))),
            Home = home,
            // Root runs commands with a home of its own; the node's cookie is in the service user's.
            CookieFiles = CookieFilesOf(home),
            ConfigurationFiles =
            [
                main.EndsWith(".conf", StringComparison.Ordinal) ? main : main + ".conf",
                .. (Directory.Exists(more) ? Directory.GetFiles(more, "*.conf") : []).Order(StringComparer.Ordinal),
            ],
            OwnName = $"rabbitmqcli-{System.Environment.ProcessId}-{own.Split('.')[0]}@{own}",
        };
    }

    /// <summary>Where a caller's cookie may lie, the likeliest first.</summary>
    public static IReadOnlyList<string> CookieFilesOf(string home) =>
        [.. ((string[])[home, PackagedHome]).Distinct().Select(place => Path.Combine(place, ".erlang.cookie"))];

    /// <summary>The secret, and the file that holds it; null: there is none that the caller may read.</summary>
    public (string File, byte[] Cookie)? ReadCookie()
    {
        if (GivenCookie is { } given)
            return ("--erlang-cookie", Encoding.UTF8.GetBytes(given));
        foreach (string file in CookieFiles)
        {
            try
            {
                if (File.Exists(file))
                    return (file, Encoding.UTF8.GetBytes(File.ReadAllText(file).TrimEnd('\r', '\n')));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Another's: the next may be the caller's.
            }
        }
        return null;
    }

    /// <summary>As RabbitMQ's tools show it, so that two can be compared without being told.</summary>
    public string CookieHash() =>
        ReadCookie() is { } found ? Warren.Cluster.Links.CookieHash.Of(found.Cookie) : "(no cookie)";

    private static int PortOf(string? text)
    {
        const int Usual = 25672;
        if (text is null)
            return Usual;
        return ushort.TryParse(text, out ushort port)
            ? port == 0 ? Usual : port
            : throw new CommandException(
                ExitCode.Configuration,
                $"Error: expected RABBITMQ_DIST_PORT to be a port from 1 to 65535; found \"{text}\"");
    }
}
