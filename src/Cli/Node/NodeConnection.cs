using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;

namespace Warren.Cli.Node;

/// <summary>
/// The control connection of one command: says hello, asks once, reads the answer
/// (<c>docs/formats/control.md</c>). Not for several threads, and without any: the process has nothing else to do.
/// </summary>
internal sealed class NodeConnection : IDisposable
{
    public const ushort Version = 1;

    /// <summary>As the node: nobody sends more in one frame.</summary>
    private const int MaxFrameBytes = 64 * 1024 * 1024;

    private const int HeaderBytes = 5;

    private readonly Stream _stream;
    private readonly byte[] _header = new byte[HeaderBytes];
    private readonly int? _timeoutMs;

    private NodeConnection(Stream stream, NodePlace place, int? timeoutMs)
    {
        _stream = stream;
        _timeoutMs = timeoutMs;
        NodeName = place.NodeName;
    }

    /// <summary>The node's name, as it calls itself.</summary>
    public string NodeName { get; private set; }

    /// <summary>The version of RabbitMQ that it stands for.</summary>
    public string ProductVersion { get; private set; } = "";

    public bool IsAppRunning { get; private set; }

    public int ProcessId { get; private set; }

    /// <summary>What it waits for before it serves clients; null: nothing.</summary>
    public string? Waiting { get; private set; }

    /// <exception cref="CommandException">Nobody answers, or in a version that this program does not know.</exception>
    public static NodeConnection Open(NodePlace place, int? timeoutMs)
    {
        var tried = new List<string>();
        int absent = 0;
        foreach (string path in place.Sockets)
        {
            if (Connect(path, tried, ref absent) is { } socket
                && Begin(new NetworkStream(socket, ownsSocket: true), place, path, timeoutMs, tried) is { } local)
            {
                if (!place.IsNamed || local.NodeName.Equals(place.NodeName, StringComparison.OrdinalIgnoreCase))
                    return local;
                tried.Add($"the node at {path} is {local.NodeName}");
                local.Dispose();
            }
        }
        if (place.Remote is { } remote
            && RemoteNode.Connect(remote, timeoutMs, tried) is { } stream
            && Begin(stream, place, remote.Address.ToString(), timeoutMs, tried) is { } distant)
            return distant;
        throw Unreachable.Because(place, tried, isDown: place.Remote is null && absent == place.Sockets.Count);
    }

    /// <summary>Asks, and hands over each row of the answer as it comes.</summary>
    /// <returns>What the node answered beside rows; the null value: nothing.</returns>
    /// <exception cref="NodeRefusalException">It will not.</exception>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public JsonElement Ask(
        string command, Action<Utf8JsonWriter>? arguments = null, Action<JsonElement>? onRow = null)
    {
        try
        {
            Send(command, arguments);
            return ReadAnswer(onRow);
        }
        catch (Exception error) when (error is IOException)
        {
            throw new CommandException(
                ExitCode.Unavailable,
                $"Error: node {NodeName} went away before it had answered: {error.Message}");
        }
    }

    public void Dispose() => _stream.Dispose();

    private static NodeConnection? Begin(
        Stream stream, NodePlace place, string where, int? timeoutMs, List<string> tried)
    {
        var connection = new NodeConnection(stream, place, timeoutMs);
        try
        {
            // So that a node that hangs is told from one that takes its time with an answer.
            stream.ReadTimeout = Math.Min(timeoutMs is null or 0 ? 10_000 : timeoutMs.Value, 10_000);
            connection.SayHello();
            stream.ReadTimeout = timeoutMs is > 0 ? timeoutMs.Value : Timeout.Infinite;
            return connection;
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            connection.Dispose();
            tried.Add($"connected to {where}, but the node did not answer: {error.Message}");
            return null;
        }
    }

    private JsonElement ReadAnswer(Action<JsonElement>? onRow)
    {
        while (true)
        {
            (byte kind, JsonElement body) = Receive();
            switch (kind)
            {
                case (byte)'R':
                    foreach (JsonElement row in body.EnumerateArray())
                        onRow?.Invoke(row);
                    break;
                case (byte)'D':
                    return body;
                case (byte)'E':
                    var refusal = NodeRefusal.Of(
                        body.GetProperty("kind").GetString()!, body.GetProperty("text").GetString()!);
                    if (refusal.Kind == RefusalKind.TimedOut)
                        throw new TimeoutException(refusal.Text);
                    throw new NodeRefusalException(refusal);
                default:
                    throw new CommandException(
                        ExitCode.Unavailable, $"Error: the node sent a frame of kind {kind}, which nobody knows");
            }
        }
    }

    // Counts the places where nobody is.
    private static Socket? Connect(string path, List<string> tried, ref int absent)
    {
        // The one kind of place that a socket's name must fit into (sun_path).
        if (System.Text.Encoding.UTF8.GetByteCount(path) > 107)
        {
            tried.Add($"{path} is too long for a socket: RABBITMQ_CONTROL_SOCKET can name another place");
            return null;
        }
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            if (error.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.ConnectionRefused)
                absent++;
            tried.Add(error.SocketErrorCode switch
            {
                SocketError.AddressNotAvailable => $"no control socket at {path}",
                SocketError.ConnectionRefused => $"nobody listens at {path}: the node has ended without a stop",
                SocketError.AccessDenied =>
                    $"{path} may not be used by {System.Environment.UserName}: {Unreachable.NotAllowed}",
                _ => $"{path}: {error.Message}",
            });
            return null;
        }
    }

    private void SayHello()
    {
        ReadOnlySpan<byte> greeting = [.. "WCTL"u8, 0, (byte)Version];
        SendAll(greeting);
        (byte kind, JsonElement body) = Receive();
        if (kind == (byte)'E')
            throw new CommandException(ExitCode.Unavailable, $"Error:\n{body.GetProperty("text").GetString()}");
        NodeName = body.GetProperty("node").GetString()!;
        ProductVersion = body.GetProperty("product_version").GetString()!;
        IsAppRunning = body.GetProperty("app_running").GetBoolean();
        ProcessId = body.GetProperty("pid").GetInt32();
        Waiting = body.TryGetProperty("waiting", out JsonElement waiting) ? waiting.GetString() : null;
    }

    private void Send(string command, Action<Utf8JsonWriter>? arguments)
    {
        using var bytes = new MemoryStream();
        bytes.Write(new byte[HeaderBytes]);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("command", command);
            if (_timeoutMs is > 0)
                json.WriteNumber("timeout_ms", _timeoutMs.Value);
            json.WriteStartObject("arguments");
            arguments?.Invoke(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        Span<byte> frame = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        frame[4] = (byte)'Q';
        SendAll(frame);
    }

    private void SendAll(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    private (byte Kind, JsonElement Body) Receive()
    {
        ReceiveAll(_header);
        int length = BinaryPrimitives.ReadInt32BigEndian(_header) - 1;
        if (length is < 0 or > MaxFrameBytes)
            throw new CommandException(ExitCode.Unavailable, $"Error: the node sent a frame of {length} bytes");
        byte[] body = new byte[length];
        ReceiveAll(body);
        using JsonDocument document = JsonDocument.Parse(body);
        return (_header[4], document.RootElement.Clone());
    }

    private void ReceiveAll(Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int received;
            try
            {
                received = _stream.Read(bytes);
            }
            catch (IOException error) when (
                error.InnerException is SocketException
                {
                    SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock,
                })
            {
                throw new TimeoutException("the node did not answer in time");
            }
            if (received == 0)
                throw new EndOfStreamException("the node closed the connection");
            bytes = bytes[received..];
        }
    }
}
