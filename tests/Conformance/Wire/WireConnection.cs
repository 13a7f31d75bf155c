using System.Buffers.Binary;
using System.Net.Sockets;

namespace Warren.Conformance.Wire;

/// <summary>
/// One TCP connection to a broker, frame by frame. It does nothing on its own: no handshake, no reply, no heartbeat.
/// One thread uses it. A write to a connection that the server has closed is ignored, as the read that follows tells
/// it.
/// </summary>
public sealed class WireConnection : IDisposable
{
    private const int FrameEnd = 0xCE;
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = 30_000 };
    private readonly Dictionary<ushort, (Method Method, ContentHeader? Header, MemoryStream Body)> _contents = [];
    private byte[] _buffer = new byte[65_536];
    private int _start;
    private int _end;
    private bool _closed;

    public WireConnection(string host, int port) => _socket.Connect(host, port);

    /// <summary>Sends bytes as they are.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[_socket.Send(bytes)..];
        }
        catch (SocketException)
        {
            // The server closed first; reading says so.
        }
    }

    /// <summary>Sends one frame; <paramref name="end"/> other than CE makes a broken one.</summary>
    public void SendFrame(byte type, ushort channel, byte[] payload, byte end = FrameEnd)
    {
        byte[] frame = new byte[payload.Length + 8];
        frame[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), channel);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(3), (uint)payload.Length);
        payload.CopyTo(frame, 7);
        frame[^1] = end;
        Send(frame);
    }

    /// <summary>Waits for whatever the server sends next; null when nothing came in time.</summary>
    public Incoming? Receive(TimeSpan patience)
    {
        Deadline deadline = Deadline.In(patience);
        while (true)
        {
            if (TakeOne() is { } incoming)
                return incoming;
            if (_closed)
                return Incoming.Closed;
            try
            {
                if (!_socket.Poll(deadline.Left, SelectMode.SelectRead))
                    return null;
                Fill();
            }
            catch (SocketException)
            {
                _closed = true;
            }
        }
    }

    /// <summary>Ends the TCP connection without a word; with <paramref name="reset"/> by RST.</summary>
    public void Drop(bool reset = false)
    {
        if (reset)
            _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
        _closed = true;
    }

    public void Dispose() => _socket.Dispose();

    private void Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        int count = _socket.Receive(_buffer.AsSpan(_end));
        _closed = count == 0;
        _end += count;
    }

    /// <summary>Takes frames from the buffer until one completes something to tell of.</summary>
    private Incoming? TakeOne()
    {
        while (_end - _start >= 8)
        {
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, _end - _start);
            if (bytes[0] == 'A')
            {
                string header = $"protocol header AMQP {bytes[4]} {bytes[5]} {bytes[6]} {bytes[7]}";
                _start += 8;
                return new Incoming(0, null, null, null, header);
            }

            int length = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
            if (bytes.Length < length + 8)
                return null;
            if (bytes[length + 7] != FrameEnd)
                throw new InvalidDataException("a frame from the server does not end with CE");
            byte type = bytes[0];
            ushort channel = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
            byte[] payload = bytes.Slice(7, length).ToArray();
            _start += length + 8;
            if (Accept(type, channel, payload) is { } incoming)
                return incoming;
        }

        return null;
    }

    private Incoming? Accept(byte type, ushort channel, byte[] payload)
    {
        switch (type)
        {
            case 1:
                Method method = Method.Decode(payload);
                if (!method.Definition.CarriesContent)
                    return new Incoming(channel, method, null, null, null);
                _contents[channel] = (method, null, new MemoryStream());
                return null;
            case 2:
                ContentHeader header = ContentHeader.Decode(payload);
                _contents[channel] = _contents[channel] with { Header = header };
                return WholeContent(channel);
            case 3:
                _contents[channel].Body.Write(payload);
                return WholeContent(channel);
            case 8:
                return Incoming.Heartbeat;
            default:
                throw new InvalidDataException($"a frame of type {type} from the server");
        }
    }

    private Incoming? WholeContent(ushort channel)
    {
        (Method method, ContentHeader? header, MemoryStream body) = _contents[channel];
        if (header is null || body.Length < header.BodySizeBytes)
            return null;
        _contents.Remove(channel);
        return new Incoming(channel, method, header, body.ToArray(), null);
    }
}
