using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Connections;

/// <summary>
/// What is to be written to one client. Turns post, the connection's <see cref="OutputLoop"/> takes everything at once.
/// The lock guards two array operations. After <see cref="Close"/> whatever is posted is thrown away on the spot, and
/// what a client would have had to acknowledge goes back to its queue.
/// Bounded: deliveries by their consumers' windows, replies by the requests a channel may have in flight (one),
/// confirms and returns by the publish credit, direct replies by <see cref="ReplyLimitBytes"/>.
/// </summary>
public sealed class Outbox
{
    /// <summary>
    /// Direct replies that a client has not read; beyond it they are dropped, since they are at most once anyway.
    /// </summary>
    private const long ReplyLimitBytes = 16 * 1024 * 1024;

    private const int KeptItems = 256;

    private readonly Lock _lock = new();
    private readonly AsyncSignal _signal = new();
    private OutboxItem[] _inbox = [];
    private OutboxItem[] _batch = [];
    private int _count;
    private bool _closed;
    private long _replyBytes;

    public void Post(in OutboxItem item) => Post(new ReadOnlySpan<OutboxItem>(in item));

    public void Post(ReadOnlySpan<OutboxItem> items)
    {
        bool wake;
        lock (_lock)
        {
            if (!_closed)
            {
                if (_count + items.Length > _inbox.Length)
                    Array.Resize(ref _inbox, Math.Max(_count + items.Length, Math.Max(4, _inbox.Length * 2)));
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

    internal ValueTask WaitAsync() => _signal.WaitAsync();

    /// <summary>Everything posted so far, valid until the next call. For the output loop alone.</summary>
    internal ReadOnlyMemory<OutboxItem> Take(int doneItems)
    {
        lock (_lock)
        {
            Array.Clear(_batch, 0, doneItems);
            int count = _count;
            OutboxItem[] spare = _batch.Length > KeptItems && count < _batch.Length / 8 ? [] : _batch;
            _batch = _inbox;
            _inbox = spare;
            _count = 0;
            return _batch.AsMemory(0, count);
        }
    }

    internal void ReplyWritten(int sizeBytes) => Interlocked.Add(ref _replyBytes, -sizeBytes);

    /// <summary>Nothing more will be written; discards what waits.</summary>
    internal void Close()
    {
        int count;
        OutboxItem[] items;
        lock (_lock)
        {
            _closed = true;
            count = _count;
            items = _inbox;
            _count = 0;
            _inbox = [];
        }
        for (int at = 0; at < count; at++)
            Discard(items[at]);
    }

    /// <summary>
    /// Throws an item away: its message is let go of, and returned to its queue if it was to be acknowledged.
    /// </summary>
    internal static void Discard(in OutboxItem item)
    {
        if (item.Kind is OutboxItemKind.Frames or OutboxItemKind.End or OutboxItemKind.Confirm)
            return;
        if (item.Slot >= 0)
        {
            Queue queue = item.Kind == OutboxItemKind.Deliver ? ((Consumer)item.Target!).Queue : (Queue)item.Target!;
            queue.Post(QueueCommand.Return(item.Slot, item.Position, countsDelivery: false));
        }
        item.Message.Slab.Release(1);
    }
}
