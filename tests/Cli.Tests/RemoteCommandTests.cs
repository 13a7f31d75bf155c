using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>Commands to a node of another host: by its peer port, with the caller's cookie.</summary>
public sealed class RemoteCommandTests : IAsyncLifetime, IDisposable
{
    private const string Node = "rabbit@127.0.0.31";
    private const string Cookie = "THECLUSTERSCOOKIE";

    private readonly string _home = Directory.CreateTempSubdirectory("warren-caller-").FullName;
    private ControlledNode _node = null!;

    private PeerAddress Address => _node.Host.Cluster!.Address!.Value;

    public async ValueTask InitializeAsync()
    {
        _node = await ControlledNode.StartAsync(
            "distribution.listener.interface = 127.0.0.31\n", startsApp: false, name: Node);
        await File.WriteAllTextAsync(Path.Combine(_node.DataBase, ".erlang.cookie"), Cookie + "\n");
        File.SetUnixFileMode(Path.Combine(_node.DataBase, ".erlang.cookie"), UnixFileMode.UserRead);
        await _node.Host.StartAppAsync();
        await WriteCookieAsync(Cookie);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        if (Directory.Exists(_home))
            Directory.Delete(_home, recursive: true);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("cluster_status")]
    [InlineData("list_users")]
    [InlineData("list_vhosts", "--formatter", "json")]
    [InlineData("list_users", "--formatter", "pretty_table")]
    public void They_print_what_local_ones_do(params string[] command)
    {
        CommandRun local = _node.Run(["rabbitmqctl", "-n", Node, .. command]);
        CommandRun remote = Run(["rabbitmqctl", "-n", Node, .. command]);
        Assert.Equal((ExitCode.Ok, ""), (remote.Code, remote.Error));
        Assert.Equal(Steady(local.Output), Steady(remote.Output));
    }

    [Fact]
    public void They_change_things_and_exit_as_local_ones_do()
    {
        Assert.Equal(ExitCode.Ok, Run("rabbitmqctl", "-n", Node, "add_user", "far", "secret").Code);
        Assert.Contains("far", _node.Run("rabbitmqctl", "-n", Node, "list_users").Output, StringComparison.Ordinal);
        CommandRun again = Run("rabbitmqctl", "-n", Node, "add_user", "far", "secret");
        CommandRun local = _node.Run("rabbitmqctl", "-n", Node, "add_user", "far", "secret");
        Assert.Equal(local, again);
        Assert.Equal(ExitCode.NoUser, Run("rabbitmqctl", "-n", Node, "delete_user", "nobody").Code);
    }

    [Fact]
    public async Task Long_answers_come_whole()
    {
        // Several times what one frame holds.
        var adding = new List<Task>();
        for (int number = 0; number < 3000; number++)
        {
            adding.Add(_node.Broker.Administration.Users.AddAsync(
                string.Create(CultureInfo.InvariantCulture, $"{new string('u', 150)}{number:D4}"), "secret"));
        }
        await Task.WhenAll(adding);
        CommandRun remote = Run("rabbitmqctl", "-n", Node, "list_users");
        Assert.Equal(_node.Run("rabbitmqctl", "-n", Node, "list_users"), remote);
        Assert.InRange(remote.Output.Length, 450_000, 1_000_000);
    }

    [Fact]
    public void A_stopped_broker_is_started_from_afar()
    {
        CommandRun stopped = Run("rabbitmqctl", "-n", Node, "stop_app");
        Assert.Equal((ExitCode.Ok, ""), (stopped.Code, stopped.Error));
        Assert.Null(_node.Host.Node);
        Assert.Equal(ExitCode.Usage, Run("rabbitmqctl", "-n", Node, "list_queues").Code);
        Assert.Equal(ExitCode.Ok, Run("rabbitmqctl", "-n", Node, "start_app").Code);
        Assert.Equal(ExitCode.Ok, Run("rabbitmqctl", "-n", Node, "list_queues").Code);
    }

    [Fact]
    public async Task Stop_is_answered_before_the_node_ends()
    {
        CommandRun run = Run("rabbitmqctl", "-n", Node, "eval", "1.");
        Assert.NotEqual(ExitCode.Ok, run.Code);
        CommandRun waiting = Run("rabbitmqctl", "-n", Node, "shutdown");
        Assert.Equal(ExitCode.Usage, waiting.Code);
        Assert.Contains("can only --wait for shutdown of local nodes", waiting.Error, StringComparison.Ordinal);
        CommandRun stop = Run("rabbitmqctl", "-n", Node, "shutdown", "--no-wait");
        Assert.Equal((ExitCode.Ok, ""), (stop.Code, stop.Error));
        await _node.Host.Stopping.WaitAsync(Warren.Wire.Eventually.Patience);
    }

    [Fact]
    public async Task Another_cookie_is_named_on_both_sides()
    {
        await WriteCookieAsync("ANOTHER");
        CommandRun run = Run("rabbitmqctl", "-n", Node, "list_queues");
        Assert.Equal((ExitCode.Unavailable, ""), (run.Code, run.Output));
        Assert.StartsWith(
            $"Error: unable to perform an operation on node '{Node}'. Please see diagnostics information and "
            + "suggestions below.\n",
            run.Error, StringComparison.Ordinal);
        Assert.Contains("TCP connection succeeded but authentication failed", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "  * suggestion: check if the Erlang cookie is identical for all server nodes and CLI tools\n", run.Error,
            StringComparison.Ordinal);
        Assert.Contains(
            " * Erlang cookie hash: " + Convert.ToBase64String(Hash("ANOTHER")), run.Error, StringComparison.Ordinal);
        string log = Path.Combine(_node.DataBase, "log", Node + ".log");
        await Warren.Wire.Eventually.True(
            () => File.ReadAllText(log).Contains("have different cookies", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_cookie_it_is_said_which_would_be_read()
    {
        File.Delete(Path.Combine(_home, ".erlang.cookie"));
        Assert.SkipWhen(File.Exists("/var/lib/rabbitmq/.erlang.cookie"), "this machine has RabbitMQ's own cookie");
        CommandRun run = Run("rabbitmqctl", "-n", Node, "list_queues");
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains($"no cookie: none of {_home}/.erlang.cookie", run.Error, StringComparison.Ordinal);
        Assert.Contains("Erlang cookie hash: (no cookie)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_there_is_told_with_the_port_that_was_tried()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.31"), 0));
        int port = ((IPEndPoint)free.LocalEndPoint!).Port;
        CommandRun run = Run(port, "rabbitmqctl", "-n", Node, "list_queues");
        Assert.Equal((ExitCode.Unavailable, ""), (run.Code, run.Output));
        Assert.Contains(
            $"unable to connect to the peer port {port} on 127.0.0.31: 127.0.0.31:{port} cannot be reached", run.Error,
            StringComparison.Ordinal);
        Assert.Contains(" * Target node is unreachable", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_else_that_listens_there_is_told_apart()
    {
        using var other = new TcpListener(IPAddress.Parse("127.0.0.31"), 0);
        other.Start();
        _ = other.AcceptTcpClientAsync().ContinueWith(
            accepted => accepted.Result.GetStream().WriteAsync(new byte[100]).AsTask(), TaskScheduler.Default);
        CommandRun run = Run(((IPEndPoint)other.LocalEndpoint).Port, "rabbitmqctl", "-n", Node, "list_queues");
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains("something else speaks to the peer port", run.Error, StringComparison.Ordinal);
    }

    private CommandRun Run(params string[] line) => Run(Address.Port, line);

    private CommandRun Run(int port, params string[] line)
    {
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = _home,
            // As another machine: neither the node's socket nor its files are there.
            ["RABBITMQ_MNESIA_BASE"] = _home,
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_home, "rabbitmq-env.conf"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_home, "rabbitmq.conf"),
            ["RABBITMQ_CONFIG_FILES"] = Path.Combine(_home, "conf.d"),
            ["RABBITMQ_DIST_PORT"] = port.ToString(CultureInfo.InvariantCulture),
        };
        return CommandRun.Of(new CallerEnvironment(variables.GetValueOrDefault, _home, "localhost"), "", line);
    }

    private async Task WriteCookieAsync(string cookie)
    {
        string path = Path.Combine(_home, ".erlang.cookie");
        File.Delete(path);
        await File.WriteAllTextAsync(path, cookie + "\n");
    }

    // What runs on between two calls: seconds, memory, threads.
    private static string Steady(string output) => string.Concat(output.Where(letter => !char.IsAsciiDigit(letter)));

#pragma warning disable CA5351
    private static byte[] Hash(string cookie) =>
        System.Security.Cryptography.MD5.HashData(System.Text.Encoding.ASCII.GetBytes(cookie));
#pragma warning restore CA5351
}
