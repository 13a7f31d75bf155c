using System.Buffers;
using System.Runtime.CompilerServices;
using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Connections;

/// <summary>
/// The writer loop of a connection: takes the outbox's batch, encodes it into one buffer, writes the buffer when it is
/// full or the batch is out. Owns delivery tags, confirms' coalescing and the output bytes.
/// </summary>
internal sealed class OutputLoop
{
    /// <summary>
    /// What one write holds at most, unless a single frame needs more: large enough to amortise the system call.
    /// </summary>
    private const int BufferSizeBytes = 64 * 1024;

    private readonly Stream _stream;
    private readonly Outbox _outbox;
    private readonly TimeProvider _time;
    private readonly DeliveryEncoder _encoder = new();
    private byte[] _buffer = [];
    private int _used;
    private Slab? _releaseSlab;
    private int _releaseCount;
    private long _lastWriteTimestamp;
    private long _writtenBytes;
    private long _writes;
    private bool _hasSaidGoodbye;

    public OutputLoop(Stream stream, Outbox outbox, TimeProvider time)
    {
        _stream = stream;
        _outbox = outbox;
        _time = time;
        _lastWriteTimestamp = time.GetTimestamp();
    }

    /// <summary>When bytes last went out, a timestamp of the time provider; read by the heartbeat's tick.</summary>
    public long LastWriteTimestamp => Volatile.Read(ref _lastWriteTimestamp);

    /// <summary>How often something was written.</summary>
    public long Writes => Volatile.Read(ref _writes);

    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>Set by the connection's turn when tuning is done, before anything larger is posted.</summary>
    public void SetFrameMax(int frameMaxBytes) => _encoder.FrameMaxBytes = frameMaxBytes;

    /// <summary>Runs until the outbox ends or the socket fails; never throws what the socket threw.</summary>
    public async Task RunAsync()
    {
        try
        {
            int done = 0;
            while (true)
            {
                ReadOnlyMemory<OutboxItem> batch = _outbox.Take(done);
                done = batch.Length;
                if (batch.IsEmpty)
                {
                    ReleaseBuffer();
                    await _outbox.WaitAsync().ConfigureAwait(false);
                    continue;
                }
                if (!await WriteBatchAsync(batch).ConfigureAwait(false))
                    return;
            }
        }
        catch (IOException)
        {
            // The socket is gone; the input loop sees it too and the connection ends there.
        }
        finally
        {
            FlushReleases();
            ReleaseBuffer();
            _outbox.Close();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteBatchAsync(ReadOnlyMemory<OutboxItem> batch)
    {
        int at = 0;
        try
        {
            while (at < batch.Length)
            {
                if (batch.Span[at].Kind == OutboxItemKind.End)
                {
                    while (!FlushConfirms())
                        await FlushAsync().ConfigureAwait(false);
                    await FlushAsync().ConfigureAwait(false);
                    return false;
                }
                if (batch.Span[at].Kind == OutboxItemKind.ConnectionEnd)
                {
                    while (!FlushConfirms())
                        await FlushAsync().ConfigureAwait(false);
                    EncodeConnectionEnd(batch.Span[at++]);
                    continue;
                }
                int neededBytes = EncodeFrom(batch.Span, ref at);
                if (at == batch.Length)
                    break;
                await FlushAsync().ConfigureAwait(false);
                EnsureBuffer(neededBytes);
            }
            while (!FlushConfirms())
                await FlushAsync().ConfigureAwait(false);
            FlushReleases();
            await FlushAsync().ConfigureAwait(false);
            return true;
        }
        finally
        {
            // On failure and after the end: what was not written goes back.
            if (at < batch.Length && _encoder.IsInsideItem)
                batch.Span[at++].Message.Slab.Release(1);
            for (; at < batch.Length; at++)
                Outbox.Discard(batch.Span[at]);
        }
    }

    /// <summary>Encodes as much as fits. Returns how much room the item at which it stopped needs.</summary>
    private int EncodeFrom(ReadOnlySpan<OutboxItem> batch, ref int at)
    {
        EnsureBuffer(0);
        if (_hasSaidGoodbye)
        {
            DropUntilEnd(batch, ref at);
            return 0;
        }
        for (; at < batch.Length; at++)
        {
            ref readonly OutboxItem item = ref batch[at];
            Span<byte> room = _buffer.AsSpan(_used);
            switch (item.Kind)
            {
                case OutboxItemKind.Frames:
                    if (!DeliveryEncoder.TryEncodeFrames(item, room, out int frameBytes))
                        return ((byte[])item.Target!).Length;
                    _used += frameBytes;
                    break;
                case OutboxItemKind.ChannelEnd:
                    if (!_encoder.TryEncodeChannelEnd(item, room, out int endBytes))
                        return item.Channel!.Confirms.MostFlushBytes + ((byte[])item.Target!).Length;
                    _used += endBytes;
                    break;
                case OutboxItemKind.Confirm:
                    int mostBytes = item.Channel!.Confirms.MostFlushBytes + 64;
                    if (mostBytes > room.Length)
                        return mostBytes;
                    _used += _encoder.EncodeConfirm(item, room);
                    break;
                case OutboxItemKind.ConnectionEnd or OutboxItemKind.End:
                    return 0;
                default:
                    _used += _encoder.Encode(item, room, out bool done, out bool isLate, out int neededBytes);
                    if (!done)
                        return neededBytes;
                    if (isLate)
                        _outbox.DiscardLate(item);
                    else
                        MessageWritten(item);
                    break;
            }
        }
        return 0;
    }

    private void EncodeConnectionEnd(in OutboxItem item)
    {
        var frame = (byte[])item.Target!;
        EnsureBuffer(frame.Length);
        frame.CopyTo(_buffer, _used);
        _used += frame.Length;
        _hasSaidGoodbye = true;
    }

    // The client waits for the end, or has left without it.
    private void DropUntilEnd(ReadOnlySpan<OutboxItem> batch, ref int at)
    {
        for (; at < batch.Length && batch[at].Kind is not (OutboxItemKind.ConnectionEnd or OutboxItemKind.End); at++)
            _outbox.DiscardLate(batch[at]);
    }

    private bool FlushConfirms()
    {
        bool all = _encoder.FlushConfirms(_buffer.AsSpan(_used), out int written);
        _used += written;
        if (!all && written == 0 && _used == 0)
            EnsureBuffer(_buffer.Length * 2);
        return all;
    }

    private void MessageWritten(in OutboxItem item)
    {
        if (item.Kind == OutboxItemKind.Deliver)
            ((Consumer)item.Target!).NoteWritten(item.Message.SizeBytes);
        else if (item.Kind == OutboxItemKind.DeliverReply)
            _outbox.ReplyWritten(item.Message.SizeBytes);
        Slab slab = item.Message.Slab;
        if (!ReferenceEquals(slab, _releaseSlab))
        {
            FlushReleases();
            _releaseSlab = slab;
        }
        _releaseCount++;
    }

    // Neighbouring messages mostly share a slab: one interlocked operation for the run of them.
    private void FlushReleases()
    {
        if (_releaseCount > 0)
            _releaseSlab!.Release(_releaseCount);
        _releaseCount = 0;
        _releaseSlab = null;
    }

    // A socket that is full makes the write wait: often enough that its state should not be garbage.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FlushAsync()
    {
        if (_used == 0)
            return;
        try
        {
            await _stream.WriteAsync(_buffer.AsMemory(0, _used)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not IOException)
        {
            // A stream fails in its own ways when it is closed at the same time: sockets, TLS.
            throw new IOException("The stream takes no more.", error);
        }
        Volatile.Write(ref _writtenBytes, _writtenBytes + _used);
        Volatile.Write(ref _writes, _writes + 1);
        Volatile.Write(ref _lastWriteTimestamp, _time.GetTimestamp());
        _used = 0;
    }

    private void EnsureBuffer(int neededBytes)
    {
        if (_buffer.Length > 0 && _buffer.Length - _used >= neededBytes)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BufferSizeBytes, _used + neededBytes));
        _buffer.AsSpan(0, _used).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void ReleaseBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _used = 0;
    }
}
