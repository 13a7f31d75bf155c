using System.Buffers;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Turns;
using Warren.Cluster.Turns;

namespace Warren.Broker.Connections;

/// <summary>
/// What is to be written to one client. Turns post, the connection's <see cref="OutputLoop"/> takes everything at once.
/// The lock guards two array operations. After <see cref="Close"/> whatever is posted is thrown away on the spot, and
/// what a client would have had to acknowledge goes back to its queue.
/// Bounded: deliveries by their consumers' windows, direct replies by <see cref="ReplyLimitBytes"/>; of everything else
/// more than <see cref="LimitBytes"/> stops the reading of the client's requests (<see cref="MustWait"/>).
/// </summary>
public class Outbox
{
    /// <summary>
    /// Direct replies that a client has not read; beyond it they are dropped, since they are at most once anyway.
    /// </summary>
    private const long ReplyLimitBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Replies, confirms and returns that a client has not read. Much, because a client that writes all it has before
    /// it reads must not be stopped: 4 MiB are the confirms of 65,000 publishes, beside those in the socket.
    /// </summary>
    private const int LimitBytes = 4 * 1024 * 1024;

    /// <summary>
    /// An array that grows beyond this is borrowed, and given back when it is no longer filled; as in
    /// <see cref="Mailbox{T}"/>.
    /// </summary>
    private const int OwnItems = 16;

    private readonly Lock _lock = new();
    private readonly AsyncSignal _signal;
    private readonly Action _resume;
    private OutboxItem[] _inbox = [];
    private OutboxItem[] _batch = [];
    private int _count;
    private bool _closed;
    private long _replyBytes;
    private long _waitingBytes;
    private long _writingBytes;
    private bool _isReaderWaiting;

    /// <param name="turns">Who runs the output loop.</param>
    /// <param name="resume">Called, on any thread, when a connection that had to wait may go on.</param>
    public Outbox(ITurnScheduler turns, Action resume)
    {
        _signal = new AsyncSignal(turns.ScheduleNext);
        _resume = resume;
    }

    /// <summary>Bytes of frames that are not written yet; an old value may be read.</summary>
    public long WaitingBytes => Volatile.Read(ref _waitingBytes) + Volatile.Read(ref _writingBytes);

    /// <summary>Nothing waits; something may be on its way to the socket.</summary>
    internal bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _count == 0;
        }
    }

    public void Post(in OutboxItem item) => Post(new ReadOnlySpan<OutboxItem>(in item));

    public virtual void Post(ReadOnlySpan<OutboxItem> items)
    {
        bool wake;
        int weightBytes = 0;
        foreach (ref readonly OutboxItem item in items)
            weightBytes += item.WeightBytes;
        lock (_lock)
        {
            if (!_closed)
            {
                _waitingBytes += weightBytes;
                EnsureRoom(items.Length);
                items.CopyTo(_inbox.AsSpan(_count));
                wake = _count == 0;
                _count += items.Length;
                if (wake)
                    _signal.Raise();
                return;
            }
        }
        foreach (ref readonly OutboxItem item in items)
            Discard(item);
    }

    /// <summary>Posts a direct reply; false if too many wait unread.</summary>
    public bool TryPostReply(DeliveryChannel channel, byte[] tag, Message message)
    {
        if (Interlocked.Add(ref _replyBytes, message.SizeBytes) > ReplyLimitBytes)
        {
            Interlocked.Add(ref _replyBytes, -message.SizeBytes);
            return false;
        }
        Post(OutboxItem.DeliverReply(channel, tag, message));
        return true;
    }

    /// <summary>
    /// True if the client must read before more of its requests are taken; it is then resumed exactly once.
    /// </summary>
    internal bool MustWait()
    {
        lock (_lock)
        {
            _isReaderWaiting = !_closed && _waitingBytes + _writingBytes > LimitBytes;
            return _isReaderWaiting;
        }
    }

    internal ValueTask WaitAsync() => _signal.WaitAsync();

    /// <summary>Everything posted so far, valid until the next call. For the output loop alone.</summary>
    internal ReadOnlyMemory<OutboxItem> Take(int doneItems)
    {
        bool wake;
        int count;
        lock (_lock)
        {
            Array.Clear(_batch, 0, doneItems);
            count = _count;
            OutboxItem[] spare = Spare(count);
            _batch = _inbox;
            _inbox = spare;
            _count = 0;
            _writingBytes = _waitingBytes;
            _waitingBytes = 0;
            wake = _isReaderWaiting && _writingBytes < LimitBytes / 2;
            _isReaderWaiting &= !wake;
        }
        if (wake)
            _resume();
        return _batch.AsMemory(0, count);
    }

    internal void ReplyWritten(int sizeBytes) => Interlocked.Add(ref _replyBytes, -sizeBytes);

    /// <summary>Nothing more will be written; discards what waits.</summary>
    internal void Close()
    {
        int count;
        bool wake;
        OutboxItem[] items;
        lock (_lock)
        {
            _closed = true;
            wake = _isReaderWaiting;
            _isReaderWaiting = false;
            count = _count;
            items = _inbox;
            _count = 0;
            _inbox = [];
        }
        for (int at = 0; at < count; at++)
            Discard(items[at]);
        if (wake)
            _resume();
    }

    /// <summary>Throws an item away whose channel or connection ended before it could be written.</summary>
    internal void DiscardLate(in OutboxItem item)
    {
        if (item.Kind == OutboxItemKind.DeliverReply)
            ReplyWritten(item.Message.SizeBytes);
        Discard(item);
    }

    /// <summary>
    /// Throws an item away: its message is let go of, and returned to its queue if it was to be acknowledged.
    /// </summary>
    internal static void Discard(in OutboxItem item)
    {
        if (item.Kind is OutboxItemKind.Frames or OutboxItemKind.ChannelEnd or OutboxItemKind.ConnectionEnd
            or OutboxItemKind.End or OutboxItemKind.Confirm)
            return;
        if (item.IsUnsettled)
        {
            QueueHome queue =
                item.Kind == OutboxItemKind.Deliver ? ((Consumer)item.Target!).Queue : (QueueHome)item.Target!;
            queue.Post(QueueCommand.Return(item.Slot, item.Position, countsDelivery: false, item.Epoch));
        }
        item.Message.Slab.Release(1);
    }

    // The array of the batch that is done, or a shorter one if it has become too long for what comes now.
    private OutboxItem[] Spare(int count)
    {
        if (_batch.Length <= OwnItems || count >= _batch.Length / 8)
            return _batch;
        int shorter = _batch.Length / 4;
        ArrayPool<OutboxItem>.Shared.Return(_batch);
        return shorter > OwnItems ? ArrayPool<OutboxItem>.Shared.Rent(shorter) : [];
    }

    private void EnsureRoom(int items)
    {
        if (_count + items <= _inbox.Length)
            return;
        int neededItems = Math.Max(_count + items, Math.Max(4, _inbox.Length * 2));
        OutboxItem[] larger = neededItems > OwnItems
            ? ArrayPool<OutboxItem>.Shared.Rent(neededItems)
            : new OutboxItem[neededItems];
        Span<OutboxItem> waiting = _inbox.AsSpan(0, _count);
        waiting.CopyTo(larger);
        if (_inbox.Length > OwnItems)
        {
            waiting.Clear();
            ArrayPool<OutboxItem>.Shared.Return(_inbox);
        }
        _inbox = larger;
    }
}
