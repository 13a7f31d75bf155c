using System.Buffers.Binary;
using System.Text;
using Warren.Amqp;

namespace Warren.Wire;

/// <summary>
/// A client made of frames: it sends what it is told, right or wrong, and hands over what comes. Not for several
/// threads. What is added is sent by the next <see cref="FlushAsync"/>, in one write.
/// </summary>
public sealed class WireClient(Stream stream) : IAsyncDisposable
{
    private byte[] _output = new byte[4096];
    private int _used;
    private byte[] _input = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>As negotiated; bodies are cut by it.</summary>
    public int FrameMax { get; private set; } = 131_072;

    /// <summary>Adds a method.</summary>
    public WireClient Add<TMethod>(ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct
    {
        Span<byte> room = Room(FrameWriter.MethodFrameBytes(method));
        _used += FrameWriter.WriteMethod(room, channel, method);
        return this;
    }

    /// <summary>Adds a message: method, header, body in as many frames as it takes.</summary>
    public WireClient AddPublish(
        ushort channel,
        string exchange,
        string key,
        ReadOnlySpan<byte> body,
        ReadOnlySpan<byte> properties = default,
        bool mandatory = false)
    {
        Add(channel, new BasicPublish(exchange, key, mandatory, immediate: false));
        AddHeader(channel, (ulong)body.Length, properties);
        for (int at = 0; at < body.Length;)
        {
            int piece = Math.Min(body.Length - at, FrameMax - FrameSize.OverheadBytes);
            AddBody(channel, body.Slice(at, piece));
            at += piece;
        }
        return this;
    }

    /// <summary>Adds a content header; no properties when there are no bytes of them.</summary>
    public WireClient AddHeader(ushort channel, ulong bodySizeBytes, ReadOnlySpan<byte> properties = default)
    {
        if (properties.IsEmpty)
            properties = [0, 0];
        Span<byte> room = Room(64 + properties.Length);
        _used += FrameWriter.WriteHeader(room, channel, BasicPublish.ClassId, bodySizeBytes, properties);
        return this;
    }

    /// <summary>Adds a body frame.</summary>
    public WireClient AddBody(ushort channel, ReadOnlySpan<byte> piece)
    {
        _used += FrameWriter.WriteBody(Room(piece.Length + FrameSize.OverheadBytes), channel, piece);
        return this;
    }

    /// <summary>Adds a frame of any type.</summary>
    public WireClient AddFrame(byte type, ushort channel, ReadOnlySpan<byte> payload)
    {
        Span<byte> room = Room(payload.Length + FrameSize.OverheadBytes);
        payload.CopyTo(room[FrameSize.HeaderBytes..]);
        _used += FrameWriter.Enclose(room, type, channel, payload.Length);
        return this;
    }

    /// <summary>Adds bytes.</summary>
    public WireClient AddRaw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _used += bytes.Length;
        return this;
    }

    /// <summary>Takes what was added instead of sending it.</summary>
    public byte[] TakeAdded()
    {
        byte[] added = _output.AsSpan(0, _used).ToArray();
        _used = 0;
        return added;
    }

    /// <summary>Sends what was added.</summary>
    public async Task FlushAsync()
    {
        int used = _used;
        _used = 0;
        await stream.WriteAsync(_output.AsMemory(0, used))
            .AsTask().WaitAsync(Eventually.Patience).ConfigureAwait(false);
    }

    /// <summary>Sends what was added without waiting for it to be taken; the result ends then.</summary>
    public Task FlushInBackground() => stream.WriteAsync(TakeAdded()).AsTask();

    /// <summary>Sends a method.</summary>
    public Task SendAsync<TMethod>(ushort channel, scoped in TMethod method)
        where TMethod : struct, IMethod, allows ref struct =>
        Add(channel, method).FlushAsync();

    /// <summary>Sends a method and waits for its answer.</summary>
    public Task<Received> CallAsync<TMethod>(ushort channel, scoped in TMethod method, uint answer)
        where TMethod : struct, IMethod, allows ref struct
    {
        Add(channel, method);
        return FlushAndExpectAsync(answer);
    }

    /// <summary>The next thing that is no heartbeat.</summary>
    public async Task<Received> NextAsync()
    {
        Received next;
        do
            next = await NextOrHeartbeatAsync().ConfigureAwait(false);
        while (ReferenceEquals(next, Received.Heartbeat));
        return next;
    }

    /// <summary>The next thing, which must be this method.</summary>
    public async Task<Received> ExpectAsync(uint method)
    {
        Received next = await NextAsync().ConfigureAwait(false);
        return next.Method == method && !ReferenceEquals(next, Received.End)
            ? next
            : throw new InvalidOperationException($"{MethodNames.NameOf(method)} was expected, {next} came.");
    }

    /// <summary>The server must close the stream now.</summary>
    public async Task ExpectEndAsync()
    {
        Received next = await NextAsync().ConfigureAwait(false);
        if (!ReferenceEquals(next, Received.End))
            throw new InvalidOperationException($"The end was expected, {next} came.");
    }

    /// <summary>The next method with its content, heartbeat, or the end.</summary>
    public async Task<Received> NextOrHeartbeatAsync()
    {
        byte[]? frame = await NextFrameAsync().ConfigureAwait(false);
        if (frame is null)
            return Received.End;
        if (frame[0] == FrameType.Heartbeat)
            return Received.Heartbeat;
        ushort channel = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(1));
        uint method = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(FrameSize.HeaderBytes));
        byte[] arguments = frame[(FrameSize.HeaderBytes + 4)..^1];
        if (frame[0] != FrameType.Method)
            throw new InvalidOperationException($"A method frame was expected, one of type {frame[0]} came.");
        if (method is not (MethodId.BasicDeliver or MethodId.BasicGetOk or MethodId.BasicReturn))
            return new Received(channel, method, arguments, [], []);
        (byte[] properties, byte[] body) = await ReadContentAsync(channel).ConfigureAwait(false);
        return new Received(channel, method, arguments, properties, body);
    }

    /// <summary>The next whole frame, or null at the end of the stream.</summary>
    public async Task<byte[]?> NextFrameAsync()
    {
        while (true)
        {
            ReadOnlySpan<byte> unread = _input.AsSpan(_start, _end - _start);
            if (FrameReader.TryRead(unread, int.MaxValue, out Frame frame) == FrameStatus.Complete)
            {
                byte[] bytes = unread[..frame.SizeBytes].ToArray();
                _start += frame.SizeBytes;
                return bytes;
            }
            if (unread.StartsWith("AMQP"u8))
                throw new InvalidOperationException("A protocol header came instead of a frame.");
            if (!await FillAsync().ConfigureAwait(false))
                return null;
        }
    }

    /// <summary>Exactly this many bytes, whatever they are.</summary>
    public async Task<byte[]> NextBytesAsync(int count)
    {
        while (_end - _start < count)
        {
            if (!await FillAsync().ConfigureAwait(false))
                throw new InvalidOperationException($"{count} bytes were expected, the end came.");
        }
        byte[] bytes = _input.AsSpan(_start, count).ToArray();
        _start += count;
        return bytes;
    }

    /// <summary>Says who it is, up to and including connection.open-ok.</summary>
    public async Task<WireClient> LoginAsync(Login? login = null)
    {
        login ??= new Login();
        await AddRaw(ProtocolHeader.Amqp091).FlushAsync().ConfigureAwait(false);
        await ExpectAsync(MethodId.ConnectionStart).ConfigureAwait(false);
        await SendAsync(0, StartOk(login)).ConfigureAwait(false);
        Received tune = await ExpectAsync(MethodId.ConnectionTune).ConfigureAwait(false);
        AddTuneAndOpen(tune, login);
        await FlushAndExpectAsync(MethodId.ConnectionOpenOk).ConfigureAwait(false);
        return this;
    }

    /// <summary>connection.start-ok as a well-behaved client sends it.</summary>
    public static ConnectionStartOk StartOk(Login login)
    {
        var properties = new FieldTable();
        if (login.HasCapabilities)
        {
            properties.Add("capabilities", FieldValue.Of(new FieldTable
            {
                ["authentication_failure_close"] = FieldValue.Of(true),
                ["connection.blocked"] = FieldValue.Of(true),
                ["consumer_cancel_notify"] = FieldValue.Of(true),
            }));
        }
        string response = login.Mechanism == "PLAIN" ? $"\0{login.User}\0{login.Password}" : "";
        return new ConnectionStartOk(properties, login.Mechanism, response, "en_US");
    }

    /// <summary>Opens a channel.</summary>
    public Task<Received> OpenChannelAsync(ushort channel) =>
        CallAsync(channel, new ChannelOpen(), MethodId.ChannelOpenOk);

    /// <summary>Declares a queue.</summary>
    public Task<Received> DeclareAsync(
        ushort channel,
        string queue,
        bool exclusive = false,
        bool autoDelete = false,
        bool passive = false,
        FieldTable? arguments = null) =>
        CallAsync(
            channel,
            new QueueDeclare(
                queue, passive, durable: false, exclusive, autoDelete, noWait: false, arguments ?? FieldTable.Empty),
            MethodId.QueueDeclareOk);

    /// <summary>Starts a consumer.</summary>
    public Task<Received> ConsumeAsync(ushort channel, string queue, string tag = "", bool noAck = false) =>
        CallAsync(channel, Consume(queue, tag, noAck, noWait: false), MethodId.BasicConsumeOk);

    /// <summary>basic.consume.</summary>
    public static BasicConsume Consume(string queue, string tag, bool noAck, bool noWait) =>
        new(queue, tag, noLocal: false, noAck, exclusive: false, noWait, FieldTable.Empty);

    /// <summary>Limits what each consumer of the channel to come may hold.</summary>
    public Task<Received> PrefetchAsync(ushort channel, ushort count) =>
        CallAsync(channel, new BasicQos(0, count, global: false), MethodId.BasicQosOk);

    /// <summary>Closes the connection in order.</summary>
    public async Task CloseAsync()
    {
        await CallAsync(0, new ConnectionClose(200, "bye", 0, 0), MethodId.ConnectionCloseOk).ConfigureAwait(false);
        EndWriting();
        await ExpectEndAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Closes its half of the stream, as a client does that has got close-ok. A socket's server needs no such hint.
    /// </summary>
    public void EndWriting() => (stream as MemoryStreamEnd)?.EndWriting();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    /// <summary>Text as bytes.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private async Task<Received> FlushAndExpectAsync(uint answer)
    {
        await FlushAsync().ConfigureAwait(false);
        return await ExpectAsync(answer).ConfigureAwait(false);
    }

    private void AddTuneAndOpen(Received tune, Login login)
    {
        FrameMax = login.FrameMax ?? (int)tune.FrameMax;
        Add(0, new ConnectionTuneOk(login.ChannelMax ?? tune.ChannelMax, (uint)FrameMax, login.Heartbeat));
        Add(0, new ConnectionOpen(login.Vhost));
    }

    private async Task<(byte[] Properties, byte[] Body)> ReadContentAsync(ushort channel)
    {
        byte[] frame = await NextFrameAsync().ConfigureAwait(false)
            ?? throw new InvalidOperationException("A content header was expected, the end came.");
        Check(frame, FrameType.Header, channel);
        (byte[] properties, byte[] body) = Header(frame);
        for (int at = 0; at < body.Length;)
        {
            frame = await NextFrameAsync().ConfigureAwait(false)
                ?? throw new InvalidOperationException("A content body was expected, the end came.");
            Check(frame, FrameType.Body, channel);
            frame.AsSpan(FrameSize.HeaderBytes, frame.Length - FrameSize.OverheadBytes).CopyTo(body.AsSpan(at));
            at += frame.Length - FrameSize.OverheadBytes;
        }
        return (properties, body);
    }

    private static (byte[] Properties, byte[] Body) Header(byte[] frame)
    {
        ContentHeader header = ContentHeader.Read(frame.AsSpan(FrameSize.HeaderBytes..^1));
        return (header.Properties.ToArray(), new byte[header.BodySizeBytes]);
    }

    private static void Check(byte[] frame, byte type, ushort channel)
    {
        if (frame[0] != type || BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(1)) != channel)
        {
            string came = Convert.ToHexString(frame.AsSpan(0, Math.Min(32, frame.Length)));
            throw new InvalidOperationException(
                $"A frame of type {type} on channel {channel} was expected, {came} came.");
        }
    }

    private async Task<bool> FillAsync()
    {
        if (_start > 0)
        {
            Buffer.BlockCopy(_input, _start, _input, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }
        if (_end == _input.Length)
            Array.Resize(ref _input, _input.Length * 2);
        int read;
        try
        {
            ValueTask<int> reading = stream.ReadAsync(_input.AsMemory(_end));
            read = reading.IsCompletedSuccessfully
                ? reading.Result
                : await reading.AsTask().WaitAsync(Eventually.Patience).ConfigureAwait(false);
        }
        catch (IOException)
        {
            read = 0;
        }
        _end += read;
        return read > 0;
    }

    private Span<byte> Room(int sizeBytes)
    {
        if (_used + sizeBytes > _output.Length)
            Array.Resize(ref _output, Math.Max(_used + sizeBytes, _output.Length * 2));
        return _output.AsSpan(_used);
    }
}
