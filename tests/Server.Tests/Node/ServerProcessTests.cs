using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Warren.Amqp;
using Warren.Wire;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>
/// The program from its start to its end: what it prints, notifies, leaves behind and answers signals with.
/// </summary>
public sealed class ServerProcessTests : IDisposable
{
    private readonly ServerProcess _server = new();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("TERM", false)]
    [InlineData("INT", true)]
    public async Task A_node_starts_tells_the_service_manager_and_stops_on_a_signal(string signal, bool isAbstract)
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        string name = isAbstract ? $"@warren-{Guid.NewGuid()}" : _server.PathOf("notify");
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? "\0" + name[1..] : name));
        _server.Variables["NOTIFY_SOCKET"] = name;
        _server.Start();
        Assert.Equal("READY=1", await NextAsync(manager));
        await Eventually.True(() => _server.Output.Has("completed start-up."));
        string pidFile = _server.PathOf("data", "tested@localhost.pid");
        Assert.Equal(_server.Id.ToString(CultureInfo.InvariantCulture) + "\n", File.ReadAllText(pidFile));
        await using WireClient client = await _server.ConnectAsync();
        await client.LoginAsync();

        await _server.SignalAsync(signal);
        Assert.Equal("STOPPING=1", await NextAsync(manager));
        Received close = await client.ExpectAsync(MethodId.ConnectionClose);
        Assert.Equal(
            "320 CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'", close.CloseReason);
        await client.SendAsync(0, new ConnectionCloseOk());
        await client.ExpectEndAsync();
        Assert.Equal(0, await _server.EndAsync());
        Assert.False(File.Exists(pidFile));
        Assert.EndsWith(
            "node tested@localhost has stopped\n",
            File.ReadAllText(_server.PathOf("log", "tested@localhost.log")),
            StringComparison.Ordinal);
        Assert.Equal("", _server.Errors.ToString());
    }

    [Fact]
    public async Task A_service_manager_that_does_not_listen_does_not_stop_a_node()
    {
        _server.Variables["NOTIFY_SOCKET"] = _server.PathOf(new string('n', 200));
        await _server.StartUpAsync();
        await Eventually.True(() => _server.Errors.Has("did not take \"READY=1\""));
        await _server.SignalAsync("TERM");
        Assert.Equal(0, await _server.EndAsync());
    }

    [Fact]
    public async Task The_environment_says_what_the_node_is_called_and_where_its_files_lie()
    {
        // The name comes from the environment's file, the log's place from the environment, which goes before the file.
        _server.Variables["RABBITMQ_NODENAME"] = null;
        _server.Write("rabbitmq-env.conf", $"NODENAME=other@localhost\nLOG_BASE={_server.PathOf("not-here")}\n");
        _server.Variables["RABBITMQ_PID_FILE"] = _server.PathOf("run", "node.pid");
        _server.Variables["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.3";
        _server.Write("rabbitmq.conf", "heartbeat = 11\ndefault_user = $(FIRST_USER)\n");
        _server.Variables["FIRST_USER"] = "ann";
        _server.Write("conf.d/10-more.conf", "frame_max = 65536\n");
        _server.Write("enabled_plugins", "[rabbitmq_management, rabbitmq_random_exchange].\n");
        await _server.StartUpAsync();
        Assert.Equal("127.0.0.3", _server.Place.Address.ToString());
        Assert.Equal($"{_server.Id}\n", File.ReadAllText(_server.PathOf("run", "node.pid")));
        Assert.False(Path.Exists(_server.PathOf("not-here")));
        string log = File.ReadAllText(_server.PathOf("log", "other@localhost.log"));
        Assert.Contains($"started TCP listener on {_server.Place}", log, StringComparison.Ordinal);
        Assert.Contains(
            $"[warning] <0.{_server.Id}.0> {_server.PathOf("enabled_plugins")}: rabbitmq_management is accepted",
            log,
            StringComparison.Ordinal);
        Assert.DoesNotContain("rabbitmq_random_exchange", log, StringComparison.Ordinal);
        await using WireClient client = await _server.ConnectAsync();
        await client.LoginAsync(new Login { User = "ann" });
        Assert.Equal(65536, client.FrameMax);
    }

    [Fact]
    public async Task The_log_goes_to_standard_output_when_told_so()
    {
        _server.Variables["RABBITMQ_LOGS"] = "-";
        await _server.StartUpAsync();
        await Eventually.True(() => _server.Output.Has($"started TCP listener on {_server.Place}"));
        Assert.False(Path.Exists(_server.PathOf("log")));
    }

    [Fact]
    public async Task A_log_that_was_moved_away_is_begun_anew_on_hangup()
    {
        await _server.StartUpAsync();
        string log = _server.PathOf("log", "tested@localhost.log");
        File.Move(log, log + ".1");
        await _server.SignalAsync("HUP");
        await Eventually.True(() =>
        {
            using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
                socket.Connect(_server.Place);
            return File.Exists(log);
        });
        await Eventually.True(() => File.ReadAllText(log).Contains("accepting AMQP", StringComparison.Ordinal));
        Assert.Contains("started TCP listener", File.ReadAllText(log + ".1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_key_stops_the_start_with_its_place_and_the_nearest_key()
    {
        string file = _server.Write("rabbitmq.conf", "# first line\nheartbeet = 60\n");
        await RefusesAsync($"{file}:2: unknown key heartbeet; the nearest known key is heartbeat");
    }

    [Fact]
    public async Task Plugins_that_are_no_list_stop_the_start()
    {
        string file = _server.Write("enabled_plugins", "rabbitmq_management\n");
        await RefusesAsync($"{file}:1: expected a list that ends with a full stop");
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start()
    {
        await using RunningNode other = RunningNode.Start("");
        _server.Variables["RABBITMQ_NODE_PORT"] = $"{other.Listeners[0].LocalEndPoint.Port}";
        await RefusesAsync(
            $"cannot listen on port {other.Listeners[0].LocalEndPoint.Port} of 127.0.0.1: Address already in use. "
            + "Another node or broker may be using it");
    }

    [Fact]
    public async Task A_pid_file_that_cannot_be_written_stops_the_start()
    {
        string file = _server.Write("in-the-way", "");
        _server.Variables["RABBITMQ_PID_FILE"] = Path.Combine(file, "node.pid");
        await RefusesAsync($"the pid file {file}/node.pid cannot be written: ");
    }

    [Theory]
    [InlineData("--version", 0)]
    [InlineData("--nonsense", 1)]
    public async Task The_command_line_is_answered_without_a_node(string argument, int exitCode)
    {
        _server.Start(argument);
        Assert.Equal(exitCode, await _server.EndAsync());
        if (exitCode == 0)
            Assert.StartsWith("Warren ", _server.Output.ToString(), StringComparison.Ordinal);
        else
            Assert.Contains($"unknown argument \"{argument}\"", _server.Errors.ToString(), StringComparison.Ordinal);
        Assert.False(Path.Exists(_server.PathOf("log")));
    }

    private static async Task<string> NextAsync(Socket manager)
    {
        byte[] bytes = new byte[256];
        int count = await manager.ReceiveAsync(bytes).WaitAsync(Eventually.Patience);
        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    /// <summary>One sentence on standard error, exit code 1, and nothing that looks as if a node ran.</summary>
    private async Task RefusesAsync(string reason)
    {
        _server.Start();
        Assert.Equal(1, await _server.EndAsync());
        Assert.StartsWith($"The node cannot start: {reason}", _server.Errors.ToString(), StringComparison.Ordinal);
        Assert.Single(_server.Errors.ToString().TrimEnd().Split('\n'));
        Assert.False(_server.Output.Has("completed start-up."));
        Assert.False(File.Exists(_server.PathOf("data", "tested@localhost.pid")));
    }
}
