using System.Net;
using System.Net.Sockets;
using Warren.Broker;
using Warren.Server;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Wire;
using NodeLog = Warren.Server.Logging.NodeLog;

namespace Warren.Cli.Tests;

/// <summary>
/// A node in this process with its control socket, and the commands of this process's tools against it. Named
/// <c>rabbit@localhost</c>, on a port of 127.0.0.1 that the system chose.
/// </summary>
internal sealed class ControlledNode : IAsyncDisposable
{
    private readonly string _directory;
    private readonly NodeLog _log;
    private readonly ControlEndpoint _control;

    private ControlledNode(string directory, NodeOptions options)
    {
        _directory = directory;
        _log = NodeLog.Start(options.Log, TimeProvider.System, TextWriter.Null);
        Host = new NodeHost(options, new NodeSeams(TimeProvider.System, new Random(1), _ => { }), _log);
        _control = ControlEndpoint.Start(Host);
    }

    public NodeHost Host { get; }

    public MessageBroker Broker => Host.Node!.Broker;

    public string DataBase => _directory;

    public string Socket => Host.Options.Places.ControlSocket;

    /// <param name="configuration">Text of rabbitmq.conf.</param>
    /// <param name="startsApp">Whether the broker is started too.</param>
    /// <param name="name">What it is called.</param>
    public static async Task<ControlledNode> StartAsync(
        string configuration = "", bool startsApp = true, string name = "rabbit@localhost")
    {
        string directory = Directory.CreateTempSubdirectory("warren-cli-").FullName;
        var node = new ControlledNode(directory, Load(directory, configuration, name));
        if (startsApp)
            await node.Host.StartAppAsync();
        return node;
    }

    /// <summary>Runs a command as a process of its own would, the tool's name first.</summary>
    public CommandRun Run(params string[] line) => CommandRun.Of(Environment(), "", line);

    public CommandRun RunWithInput(string input, params string[] line) => CommandRun.Of(Environment(), input, line);

    public CallerEnvironment Environment()
    {
        var variables = new Dictionary<string, string>
        {
            ["RABBITMQ_NODENAME"] = "rabbit@localhost",
            ["RABBITMQ_MNESIA_BASE"] = _directory,
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_directory, "rabbitmq-env.conf"),
        };
        return new CallerEnvironment(variables.GetValueOrDefault, _directory, "localhost");
    }

    /// <summary>A client that has not said anything yet.</summary>
    public async Task<WireClient> ConnectAsync()
    {
        IPEndPoint place = Host.Node!.Listeners[0].LocalEndPoint;
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(place);
        return new WireClient(new NetworkStream(socket, ownsSocket: true));
    }

    public async ValueTask DisposeAsync()
    {
        await _control.DisposeAsync();
        await Host.DisposeAsync();
        _log.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static NodeOptions Load(string directory, string configuration, string name)
    {
        string file = Path.Combine(directory, "rabbitmq.conf");
        File.WriteAllText(file, configuration);
        var variables = new Dictionary<string, string>
        {
            ["RABBITMQ_NODENAME"] = name,
            ["RABBITMQ_MNESIA_BASE"] = directory,
            ["RABBITMQ_LOG_BASE"] = Path.Combine(directory, "log"),
            ["RABBITMQ_CONFIG_FILE"] = file,
            ["RABBITMQ_CONFIG_FILES"] = Path.Combine(directory, "conf.d"),
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(directory, "advanced"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(directory, "rabbitmq-env.conf"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(directory, "enabled_plugins"),
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = "0",
            ["RABBITMQ_RUN_DIR"] = Path.Combine(directory, "run"),
            ["HOME"] = directory,
        };
        return NodeConfiguration.Load(
            new NodeEnvironment(variables, new Dictionary<string, string>(), directory, "localhost"));
    }
}
