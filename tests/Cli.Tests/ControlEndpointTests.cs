using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Wire;
using Xunit;

namespace Warren.Cli.Tests;

/// <summary>The control socket against whoever can open it, well-behaved or not.</summary>
public sealed class ControlEndpointTests
{
    private static readonly byte[] Greeting = [.. "WCTL"u8, 0, 1];

    [Fact]
    public async Task ACommandForAnotherNodeIsNotDoneByTheOneAtTheSocket()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        CallerEnvironment environment = node.Environment();
        CallerEnvironment Told(string? name) => environment with
        {
            Variables = variable => variable switch
            {
                "RABBITMQ_CONTROL_SOCKET" => node.Socket,
                "RABBITMQ_NODENAME" => name,
                _ => environment.Variables(variable),
            },
        };
        Assert.Equal(
            ExitCode.Unavailable,
            CommandRun.Of(Told(null), "", "rabbitmqctl", "-n", "rabbit@127.0.0.32", "force_reset").Code);
        CommandRun other = CommandRun.Of(Told("other@localhost"), "", "rabbitmqctl", "force_reset");
        Assert.Equal(ExitCode.Unavailable, other.Code);
        Assert.Contains($"the node at {node.Socket} is rabbit@localhost", other.Error);
        // Who says no name means whoever is there.
        Assert.Equal(ExitCode.Ok, CommandRun.Of(Told(null), "", "rabbitmqctl", "ping").Code);
    }

    [Fact]
    public async Task TheSocketIsTheNodesUsersAlone()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(node.Socket));
    }

    [Fact]
    public async Task AnotherVersionIsTold()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        await using NetworkStream stream = Open(node);
        await stream.WriteAsync((byte[])[.. "WCTL"u8, 0, 9]);
        (byte kind, JsonElement body) = await ReadAsync(stream);
        Assert.Equal((byte)'E', kind);
        Assert.Contains("version 9", body.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("WCTL\0\u0001\u007f\u007f\u007f\u007fQ")]
    [InlineData("WCTL\0\u0001\0\0\0\u0003Q{]")]
    [InlineData("WCTL\0\u0001\0\0\0\u0003Q{}")]
    [InlineData("WCTL\0\u0001\0\0\0\u0003X{}")]
    [InlineData("WCTL\0\u0001\0\0\0\0")]
    public async Task NonsenseEndsItsOwnConnectionAndNothingElse(string sent)
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        await using (NetworkStream stream = Open(node))
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(sent));
            await EndAsync(stream);
        }
        Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "ping").Code);
    }

    [Fact]
    public async Task AnUnknownCommandIsRefusedAndTheNextOneAnswered()
    {
        await using ControlledNode node = await ControlledNode.StartAsync();
        await using NetworkStream stream = Open(node);
        await stream.WriteAsync(Greeting);
        Assert.Equal((byte)'H', (await ReadAsync(stream)).Kind);
        await AskAsync(stream, """{"command":"dance","arguments":{}}""");
        (byte kind, JsonElement body) = await ReadAsync(stream);
        Assert.Equal(((byte)'E', "not_built"), (kind, body.GetProperty("kind").GetString()));
        await AskAsync(stream, """{"command":"list_queues","arguments":{"vhost":"/","columns":["bogus"]}}""");
        Assert.Equal("invalid_argument", (await ReadAsync(stream)).Body.GetProperty("kind").GetString());
        await AskAsync(stream, """{"command":"list_queues","arguments":{"columns":7}}""");
        Assert.Equal("invalid_argument", (await ReadAsync(stream)).Body.GetProperty("kind").GetString());
        await AskAsync(stream, """{"command":"ping","arguments":{}}""");
        Assert.Equal((byte)'D', (await ReadAsync(stream)).Kind);
    }

    [Fact]
    public async Task ACommandThatTakesTooLongIsEnded()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        await using NetworkStream stream = Open(node);
        await stream.WriteAsync(Greeting);
        await ReadAsync(stream);
        await AskAsync(stream, """{"command":"await_startup","timeout_ms":50,"arguments":{}}""");
        Assert.Equal("timed_out", (await ReadAsync(stream)).Body.GetProperty("kind").GetString());
        CommandRun run = node.Run("rabbitmqctl", "await_startup", "-t", "1");
        Assert.Equal(ExitCode.TemporaryFailure, run.Code);
        Assert.Equal(
            "Error: operation await_startup on node rabbit@localhost timed out. Timeout value used: 1000\n", run.Error);
    }

    [Fact]
    public async Task ASecondNodeOfTheSameNameIsRefusedAndALeftOverSocketIsNot()
    {
        string socket;
        await using (ControlledNode node = await ControlledNode.StartAsync())
        {
            socket = node.Socket;
            var error = Assert.Throws<ConfigurationException>(() => ControlEndpoint.Start(node.Host));
            Assert.Contains("runs already", error.Message, StringComparison.Ordinal);
            Assert.Equal(ExitCode.Ok, node.Run("rabbitmqctl", "ping").Code);
        }
        Assert.False(File.Exists(socket));
        await using ControlledNode other = await ControlledNode.StartAsync(startsApp: false);
        await using (ControlledNode left = await ControlledNode.StartAsync(startsApp: false))
        {
            // As kill -9 leaves it: a name that nobody listens at.
            using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            dead.Bind(new UnixDomainSocketEndPoint(left.Socket + "2"));
            File.Move(left.Socket + "2", Path.Combine(other.DataBase, "dead"));
        }
        CommandRun run = CommandRun.Of(Named(other, Path.Combine(other.DataBase, "dead")), "", "rabbitmqctl", "ping");
        Assert.Equal(ExitCode.Unavailable, run.Code);
        Assert.Contains("the node has ended without a stop", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NobodyThereIsToldWithWhatWasTriedAndWhoElseIsThere()
    {
        await using ControlledNode node = await ControlledNode.StartAsync(startsApp: false);
        CommandRun run = node.Run("rabbitmqctl", "-n", "nosuch", "list_queues");
        Assert.Equal((ExitCode.Unavailable, ""), (run.Code, run.Output));
        Assert.Contains("attempted to contact: [nosuch@localhost]", run.Error, StringComparison.Ordinal);
        Assert.Contains($"no control socket at {node.DataBase}/nosuch@localhost.control", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("other nodes there: [rabbit@localhost]", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("peer port", run.Error, StringComparison.Ordinal);
    }

    private static CallerEnvironment Named(ControlledNode node, string socket)
    {
        CallerEnvironment environment = node.Environment();
        return environment with
        {
            Variables = name => name == "RABBITMQ_CONTROL_SOCKET" ? socket : environment.Variables(name),
        };
    }

    private static NetworkStream Open(ControlledNode node)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(node.Socket));
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static async Task AskAsync(NetworkStream stream, string request)
    {
        byte[] body = Encoding.UTF8.GetBytes(request);
        byte[] header = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(header, body.Length + 1);
        header[4] = (byte)'Q';
        await stream.WriteAsync((byte[])[.. header, .. body]);
    }

    private static async Task<(byte Kind, JsonElement Body)> ReadAsync(NetworkStream stream)
    {
        byte[] header = new byte[5];
        await stream.ReadExactlyAsync(header).AsTask().WaitAsync(Eventually.Patience);
        byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(header) - 1];
        await stream.ReadExactlyAsync(body).AsTask().WaitAsync(Eventually.Patience);
        using JsonDocument document = JsonDocument.Parse(body);
        return (header[4], document.RootElement.Clone());
    }

    private static async Task EndAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer).AsTask().WaitAsync(Eventually.Patience) > 0)
            {
                // The hello, perhaps; then the end must come.
            }
        }
        catch (IOException)
        {
            // The end, with bytes unread.
        }
    }
}
