using System.Net.Sockets;

namespace Warren.Load;

/// <summary>
/// A socket that never blocks, with its receive buffer. One thread at a time uses it: first the one that sets the
/// connection up, later the event loop it is given to.
/// Invariant: what was received and not yet consumed lies in one piece, so that frames are parsed in place.
/// </summary>
internal sealed class Link : IDisposable
{
    /// <summary>
    /// Of a thousand producers, so that the kernel's buffers, 4 MiB each if left alone, are not what is measured.
    /// </summary>
    private const int SendBufferBytes = 128 * 1024;

    private readonly Socket _socket;
    private byte[] _buffer;
    private int _start;
    private int _end;

    private Link(Socket socket, int bufferBytes)
    {
        _socket = socket;
        Descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        _buffer = new byte[bufferBytes];
    }

    internal int Descriptor { get; }

    internal ReadOnlySpan<byte> Received => _buffer.AsSpan(_start, _end - _start);

    internal static Link Connect(BrokerAddress address, int bufferBytes)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            SendBufferSize = SendBufferBytes,
        };
        try
        {
            socket.Connect(address.Host, address.Port);
            return new Link(socket, bufferBytes);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    internal void Consume(int count) => _start += count;

    /// <summary>
    /// Receives once. True when bytes came; <paramref name="drained"/> when the socket surely has no more of them.
    /// </summary>
    internal bool Fill(out bool drained)
    {
        MakeRoom();
        Span<byte> room = _buffer.AsSpan(_end);
        int count = Native.Receive(Descriptor, room);
        if (count == 0)
            throw new IOException("the broker closed the connection");
        drained = count < room.Length;
        if (count < 0)
            return false;
        _end += count;
        return true;
    }

    /// <summary>How many bytes the socket took; fewer than given means that it is full.</summary>
    internal int Send(ReadOnlySpan<byte> bytes) => Math.Max(0, Native.Send(Descriptor, bytes));

    /// <summary>Sends everything, waiting where needed. For setting up, not for the measured loops.</summary>
    internal void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = Send(bytes);
            bytes = bytes[sent..];
            if (sent == 0)
                Native.Wait(Descriptor, Native.PollOut, Clock.Second);
        }
    }

    /// <summary>Receives once, waiting until the deadline; false when nothing came.</summary>
    internal bool FillBy(long deadline)
    {
        while (!Fill(out _))
        {
            long left = deadline - Clock.Now;
            if (left <= 0 || !Native.Wait(Descriptor, Native.PollIn, left))
                return false;
        }

        return true;
    }

    public void Dispose() => _socket.Dispose();

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            return;
        }

        // Moving is cheap once little is left; a frame larger than the buffer makes it grow.
        if (_buffer.Length - _end >= _buffer.Length / 4)
            return;
        byte[] target = _end - _start > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        Received.CopyTo(target);
        _end -= _start;
        _start = 0;
        _buffer = target;
    }
}
