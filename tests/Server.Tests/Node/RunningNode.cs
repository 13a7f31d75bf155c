using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Warren.Broker.Connections;
using Warren.Server.Configuration;
using Warren.Server.Listeners;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Server.Tests.Node;

/// <summary>
/// A node in this process, configured by the text of a rabbitmq.conf. Without listeners in the text it serves AMQP on a
/// port of 127.0.0.1 that the system chose.
/// </summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly string _directory;
    private readonly NodeLog _log;
    private readonly TimeProvider _time;
    private readonly Warren.Server.Node _node;

    private RunningNode(string directory, NodeOptions options, TimeProvider time, IDisk? disk)
    {
        _directory = directory;
        _time = time;
        _log = NodeLog.Start(options.Log, time, Log);
        try
        {
            var seams = new NodeSeams(time, new Random(1), Ends.Enqueue);
            if (disk is not null)
                seams = seams with { OpenDisk = _ => disk };
            _node = Warren.Server.Node.Start(options, seams, _log);
        }
        catch
        {
            _log.Dispose();
            throw;
        }
    }

    /// <summary>The lines logged so far.</summary>
    public LogText Log { get; } = new();

    /// <summary>Why it wanted to end the process, as often as it did.</summary>
    public ConcurrentQueue<string> Ends { get; } = new();

    public Warren.Server.Node Itself => _node;

    public IReadOnlyList<AmqpListener> Listeners => _node.Listeners;

    public ConnectionRegistry Connections => _node.Broker.Connections;

    public Warren.Broker.MessageBroker Broker => _node.Broker;

    /// <summary>Starts a node.</summary>
    /// <param name="configuration">Text of rabbitmq.conf.</param>
    /// <param name="time">A clock other than the system's.</param>
    /// <param name="disk">A disk other than its directory's.</param>
    /// <exception cref="ConfigurationException">As <see cref="Warren.Server.Node.Start"/>.</exception>
    public static RunningNode Start(string configuration, TimeProvider? time = null, IDisk? disk = null)
    {
        string directory = Directory.CreateTempSubdirectory("warren-node-").FullName;
        try
        {
            return new RunningNode(directory, Load(directory, configuration), time ?? TimeProvider.System, disk);
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>A socket to a listener.</summary>
    public async Task<NetworkStream> DialAsync(int listener = 0)
    {
        IPEndPoint place = Listeners[listener].LocalEndPoint;
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(place);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>A client at a listener that has not said anything yet.</summary>
    public async Task<WireClient> ConnectAsync(int listener = 0) => new(await DialAsync(listener));

    /// <summary>The one connection that is there, once it has logged in.</summary>
    public async Task<Connection> OnlyConnectionAsync()
    {
        await Eventually.True(() => Connections.Snapshot() is [{ State: ConnectionState.Running }]);
        return Connections.Snapshot()[0];
    }

    public Task LogsAsync(string part) => Eventually.True(() => Log.Has(part), () => $"Not \"{part}\" in:\n{Log}");

    /// <summary>Waits for a line with both parts.</summary>
    public Task LogsAsync(string part, string other) => Eventually.True(
        () => Log.ToString().Split('\n').Any(
            line => line.Contains(part, StringComparison.Ordinal) && line.Contains(other, StringComparison.Ordinal)),
        () => $"Not \"{part}\" and \"{other}\" in a line of:\n{Log}");

    /// <summary>A group of the node's log that is none of the broker's.</summary>
    public LogGroup OpenGroup() => Broker.Storage!.OpenGroup(new GroupId(3), new Unconcerned());

    public async ValueTask DisposeAsync()
    {
        Task ending = _node.DisposeAsync().AsTask();
        while (!ending.IsCompleted)
        {
            (_time as ManualTime)?.Advance(TimeSpan.FromMilliseconds(10));
            await Task.WhenAny(ending, Task.Delay(1));
        }
        await ending;
        _log.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private sealed class Unconcerned : IGroupOwner
    {
        public void Durable(Lsn lsn)
        {
            // The test looks at the log.
        }

        public void Moved(MovedEntries moves) => moves.Complete();
    }

    /// <summary>What a node with all its files in a directory is told.</summary>
    public static NodeOptions Load(string directory, string configuration)
    {
        string file = Path.Combine(directory, "rabbitmq.conf");
        File.WriteAllText(file, configuration);
        var variables = new Dictionary<string, string>
        {
            ["RABBITMQ_CONFIG_FILE"] = file,
            ["RABBITMQ_CONFIG_FILES"] = Path.Combine(directory, "conf.d"),
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(directory, "advanced"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(directory, "rabbitmq-env.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(directory, "enabled_plugins"),
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = "0",
            ["RABBITMQ_RUN_DIR"] = Path.Combine(directory, "run"),
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_DIST_PORT"] = "0",
        };
        return NodeConfiguration.Load(
            new NodeEnvironment(variables, new Dictionary<string, string>(), directory, "localhost"));
    }
}
