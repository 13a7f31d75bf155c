using System.Net.Sockets;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker;
using Warren.Broker.Administration;

namespace Warren.Server.Control;

/// <summary>
/// Serves the command line tools on the node's control socket, whether the broker runs or not. A task a client:
/// greeting, hello, requests and their answers. Invariants: so many clients at a time and no more; nobody is waited for
/// without a limit; nothing that a client sends ends more than his own connection.
/// </summary>
public sealed class ControlEndpoint : IAsyncDisposable
{
    /// <summary>Commands at a time; one more waits until one is done.</summary>
    private const int MaxClients = 32;

    /// <summary>How long a client may take to say what he wants, and to take what he is sent.</summary>
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(10);

    /// <summary>Longer than any command may take: that of a client who set himself no limit.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromHours(1);

    private readonly NodeHost _host;
    private readonly ControlCommands _commands;
    private readonly ControlSocket _socket;
    private readonly SemaphoreSlim _places = new(MaxClients);
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;

    private ControlEndpoint(NodeHost host, ControlSocket socket)
    {
        _host = host;
        _commands = new ControlCommands(host);
        _socket = socket;
        _accepting = AcceptAsync();
        host.RemoteCommands.Serve = ServeRemoteAsync;
    }

    /// <summary>Listens; commands are answered from now on.</summary>
    /// <exception cref="Configuration.ConfigurationException">The socket cannot be made.</exception>
    public static ControlEndpoint Start(NodeHost host) =>
        new(host, ControlSocket.Listen(host.Options.Places.ControlSocket));

    public async ValueTask DisposeAsync()
    {
        _host.RemoteCommands.Serve = null;
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        // Who has asked the node to stop is told so before the process ends.
        for (int place = 0; place < MaxClients; place++)
            await _places.WaitAsync().ConfigureAwait(false);
        _ending.Dispose();
        _places.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            await _places.WaitAsync().ConfigureAwait(false);
            Socket? client = await _socket.AcceptAsync().ConfigureAwait(false);
            if (client is null)
            {
                _places.Release();
                return;
            }
            _ = ServeAsync(client);
        }
    }

    // A command of another host has proved the cookie; it says and hears the same.
    private async Task ServeRemoteAsync(Stream stream)
    {
        try
        {
            await _places.WaitAsync(_ending.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The node ends.
            return;
        }
        await ServeAsync(() => ConverseAsync(stream)).ConfigureAwait(false);
    }

    private async Task ServeAsync(Socket client)
    {
        // Off the accept loop.
        await Task.Yield();
        await using var stream = new NetworkStream(client, ownsSocket: true);
        await ServeAsync(() =>
        {
            if (_socket.IsTrusted(client))
                return ConverseAsync(stream);
            _host.Log.Write(LogLevel.Warning, LogCategory.Default, "a command of another user was refused");
            return Task.CompletedTask;
        }).ConfigureAwait(false);
    }

    private async Task ServeAsync(Func<Task> converse)
    {
        try
        {
            await converse().ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException
            or InvalidDataException or JsonException)
        {
            _host.Log.Write(LogLevel.Debug, LogCategory.Default, $"a command was given up: {error.Message}");
        }
        catch (Exception error)
        {
            // Our own mistake, but this client's alone: he sees the end, the next one is served.
            _host.Log.Write(
                LogLevel.Critical, LogCategory.Default, $"a command is given up after an error of the node: {error}");
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task ConverseAsync(Stream stream)
    {
        using var patience = new CancellationTokenSource(ClientPatience, _host.Seams.Time);
        byte[] greeting = new byte[ControlFrame.Greeting.Length];
        await stream.ReadExactlyAsync(greeting, patience.Token).ConfigureAwait(false);
        if (!greeting.AsSpan(0, 4).SequenceEqual(ControlFrame.Greeting[..4]))
            return;
        if (!greeting.AsSpan().SequenceEqual(ControlFrame.Greeting))
        {
            var refusal = ControlRefusalException.Because(
                $"the node speaks version {ControlFrame.Version} of the control protocol, the command version "
                + $"{(greeting[4] << 8) + greeting[5]}: use the commands that came with the node");
            await RefuseAsync(stream, refusal).ConfigureAwait(false);
            return;
        }
        await SendAsync(stream, ControlFrame.Hello, _commands.WriteHello).ConfigureAwait(false);
        // Some commands ask several questions; each gets its time.
        while (await ReadAsync(stream).ConfigureAwait(false) is { Kind: ControlFrame.Request } frame)
            await AnswerAsync(stream, frame.Body).ConfigureAwait(false);
    }

    private async ValueTask<(byte Kind, byte[] Body)?> ReadAsync(Stream stream)
    {
        using var patience = new CancellationTokenSource(ClientPatience, _host.Seams.Time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _ending.Token);
        return await ControlFrame.ReadAsync(stream, cancellation.Token).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Stream stream, byte[] body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("command", out JsonElement command) || command.ValueKind != JsonValueKind.String
            || !root.TryGetProperty("arguments", out JsonElement arguments)
            || arguments.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("a request without a command or arguments");
        TimeSpan limit = root.TryGetProperty("timeout_ms", out JsonElement timeout) && timeout.TryGetInt32(out int ms)
            ? TimeSpan.FromMilliseconds(ms)
            : MostPatience;
        using var late = new CancellationTokenSource(limit, _host.Seams.Time);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(late.Token, _ending.Token);
        using var reply = new ControlReply((kind, bytes) => WriteAsync(stream, kind, bytes), cancellation.Token);
        try
        {
            Action<Utf8JsonWriter>? result = await _commands
                .RunAsync(new ControlRequest(command.GetString()!, arguments), reply).ConfigureAwait(false);
            await reply.EndAsync(result).ConfigureAwait(false);
        }
        catch (ControlRefusalException refusal)
        {
            await RefuseAsync(stream, refusal).ConfigureAwait(false);
        }
        catch (BusyException busy)
        {
            await RefuseAsync(stream, ControlRefusalException.Because(busy.Message)).ConfigureAwait(false);
        }
        catch (AdministrationException error)
        {
            await RefuseAsync(stream, AdministrationCommands.Refusal(error)).ConfigureAwait(false);
        }
        catch (AmqpException error)
        {
            await RefuseAsync(stream, ControlRefusalException.Because(error.ReplyText)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            await RefuseAsync(
                stream, new ControlRefusalException(ControlRefusalException.TimedOutKind, "it took too long"))
                .ConfigureAwait(false);
        }
        _commands.AfterAnswer(command.GetString()!);
    }

    private ValueTask RefuseAsync(Stream stream, ControlRefusalException refusal) =>
        SendAsync(stream, ControlFrame.Error, json =>
        {
            json.WriteString("kind", refusal.Kind);
            json.WriteString("text", refusal.Message);
        });

    private async ValueTask SendAsync(Stream stream, byte kind, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        await WriteAsync(stream, kind, bytes.GetBuffer().AsMemory(0, (int)bytes.Length)).ConfigureAwait(false);
    }

    private async ValueTask WriteAsync(Stream stream, byte kind, ReadOnlyMemory<byte> body)
    {
        using var patience = new CancellationTokenSource(ClientPatience, _host.Seams.Time);
        await ControlFrame.WriteAsync(stream, kind, body, patience.Token).ConfigureAwait(false);
    }
}
