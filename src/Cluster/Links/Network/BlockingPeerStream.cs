using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Warren.Cluster.Links;

/// <summary>
/// A TCP connection between nodes whose threads wait in the kernel, for it alone. The runtime's way of waiting costs
/// every arrival a thread that hears of it, one of the pool that reads, and one more that finds nothing to do, which on
/// a busy node was a fifth of what replication took (docs/decisions/0019-threads-of-replication.md).
/// <para>One thread reads and one writes at a time; ending it wakes both.</para>
/// </summary>
internal sealed class BlockingPeerStream : Stream, IPeerStream
{
    /// <summary>So that a wake-up that a kernel did not give costs time and nothing more.</summary>
    private const int MostWaitMs = 1000;

    private readonly Handle _handle;
    private readonly int _mostWaitMs;
    private volatile bool _hasEnded;

    /// <param name="socket">Connected; disposed of here. Nothing was asked of it that returns a task.</param>
    /// <param name="mostWaitMs">How long a call waits before it looks again; -1: until it is woken.</param>
    public BlockingPeerStream(Socket socket, int mostWaitMs = MostWaitMs)
    {
        _mostWaitMs = mostWaitMs;
        _handle = new Handle(SocketCalls.Duplicate(socket.SafeHandle));
        int error = Marshal.GetLastPInvokeError();
        socket.Dispose();
        if (_handle.IsInvalid)
            throw new IOException($"the connection cannot be taken over: {new Win32Exception(error).Message}");
    }

    public bool Blocks => true;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Reset() => End(SocketCalls.Disconnect);

    public override int Read(Span<byte> buffer)
    {
        int count;
        while (!TryRead(buffer, out count))
            SocketCalls.Await(_handle, SocketCalls.Readable, _mostWaitMs);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return ValueTask.FromResult(Read(buffer.Span));
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return ValueTask.FromException<int>(error);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!TryWrite(ref buffer))
            SocketCalls.Await(_handle, SocketCalls.Writable, _mostWaitMs);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return ValueTask.FromException(error);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            End(static handle => _ = SocketCalls.ShutDown(handle, SocketCalls.ShutDownBoth));
        base.Dispose(disposing);
    }

    // Its number is given back when the calls that are under way have returned.
    private void End(Action<SafeHandle> tell)
    {
        if (Interlocked.Exchange(ref _hasEnded, true))
            return;
        tell(_handle);
        _handle.Dispose();
    }

    // False: nothing has come.
    private bool TryRead(Span<byte> buffer, out int count)
    {
        while (true)
        {
            ObjectDisposedException.ThrowIf(_hasEnded, this);
            count = (int)SocketCalls.Receive(_handle, buffer, buffer.Length, SocketCalls.DoNotWait);
            // It looks like an orderly end of the other side's, and was this one's.
            ObjectDisposedException.ThrowIf(count <= 0 && _hasEnded, this);
            if (count >= 0)
                return true;
            if (!MayTryAgain(out bool mustWait))
                throw Failed();
            if (mustWait)
                return false;
        }
    }

    // False: no more is taken now; what is left is in the buffer.
    private bool TryWrite(ref ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            ObjectDisposedException.ThrowIf(_hasEnded, this);
            nint count = SocketCalls.Send(
                _handle, buffer, buffer.Length, SocketCalls.DoNotWait | SocketCalls.NoSignal);
            if (count >= 0)
                buffer = buffer[(int)count..];
            else if (!MayTryAgain(out bool mustWait))
                throw Failed();
            else if (mustWait)
                return false;
        }
        return true;
    }

    private static bool MayTryAgain(out bool mustWait)
    {
        int error = Marshal.GetLastPInvokeError();
        mustWait = error == SocketCalls.WouldBlock;
        return mustWait || error == SocketCalls.Interrupted;
    }

    private static IOException Failed() => new(new Win32Exception(Marshal.GetLastPInvokeError()).Message);

    private sealed class Handle : SafeHandleMinusOneIsInvalid
    {
        public Handle(nint socket)
            : base(ownsHandle: true) => SetHandle(socket);

        protected override bool ReleaseHandle() => SocketCalls.Close(handle) == 0;
    }
}
