using System.Runtime.InteropServices;
using Warren.Broker.Messages;
using Warren.Storage;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages of one owner that are read from the node log together. The owner's turn fills it, the reader reads it, the
/// turn takes it back: one at a time.
/// </summary>
internal sealed class FetchBatch
{
    /// <summary>One read of the log: large enough to be sequential, small enough to be no memory.</summary>
    private const int MostBytes = 256 * 1024;

    private const int MostMessages = 512;

    /// <summary>A longer list is given up after use: a queue that has drained keeps none.</summary>
    private const int KeptItems = 32;

    private readonly List<FetchItem> _items = new(0);
    private long _bytes;

    public int Count => _items.Count;

    public bool IsFull => _bytes >= MostBytes || _items.Count >= MostMessages;

    public Span<FetchItem> Items => CollectionsMarshal.AsSpan(_items);

    public void Add(in QueuedMessage queued) =>
        Add(queued.Position, queued.Record, queued.Message, queued.IsPaged ? queued.PagedIndex : 0);

    public void Add(long position, Position record, in Message message, long pagedIndex = 0)
    {
        _items.Add(new FetchItem(position, record, null, message, PagedIndex: pagedIndex));
        _bytes += message.SizeBytes;
    }

    public void Clear()
    {
        _items.Clear();
        _bytes = 0;
        if (_items.Capacity > KeptItems)
            _items.Capacity = 0;
    }
}
