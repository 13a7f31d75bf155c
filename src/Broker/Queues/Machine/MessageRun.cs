using System.Buffers;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages that were never handed out, in the order they came: a chain of chunks, so that a long queue grows without
/// copying and shrinks as it is drained. Invariant: positions rise from first to last; taken entries are default.
/// </summary>
internal sealed class MessageRun
{
    /// <summary>An empty queue keeps one chunk of this size: 768 bytes.</summary>
    private const int SmallestChunk = 16;

    /// <summary>24 KiB: far from the large object heap, and one chunk header in 512 messages.</summary>
    private const int LargestChunk = 512;

    private Chunk? _first;
    private Chunk? _last;

    /// <summary>The chunk drained last, so that a queue of steady length allocates nothing; given up when it is empty.</summary>
    private Chunk? _spare;

    private int _head;
    private int _tail;

    public int Count { get; private set; }

    /// <summary>The oldest message. Only while <see cref="Count"/> is not 0.</summary>
    public ref QueuedMessage First => ref _first!.Messages[_head];

    public void Add(in QueuedMessage queued)
    {
        if (_last is null || _tail == _last.Messages.Length)
            Extend();
        _last!.Messages[_tail++] = queued;
        Count++;
    }

    public void RemoveFirst()
    {
        Chunk first = _first!;
        first.Messages[_head++] = default;
        if (--Count == 0)
            Reset();
        else if (_head == first.Messages.Length)
        {
            _first = first.Next;
            _head = 0;
            Retire(first);
        }
    }

    /// <summary>Shows every message to <paramref name="relocate"/>, which may put it elsewhere.</summary>
    public void Rehome(Relocation relocate)
    {
        int from = _head;
        for (Chunk? chunk = _first; chunk is not null && Count > 0; chunk = chunk.Next, from = 0)
        {
            int to = chunk == _last ? _tail : chunk.Messages.Length;
            foreach (ref QueuedMessage queued in chunk.Messages.AsSpan(from, to - from))
                relocate(ref queued.Message);
        }
    }

    private void Extend()
    {
        int size = _last is null ? SmallestChunk : Math.Min(LargestChunk, _last.Messages.Length * 2);
        Chunk chunk = _spare ?? new Chunk(ArrayPool<QueuedMessage>.Shared.Rent(size));
        _spare = null;
        if (_last is null)
            _first = chunk;
        else
            _last.Next = chunk;
        _last = chunk;
        _tail = 0;
    }

    private void Retire(Chunk chunk)
    {
        if (_spare is not null)
            ArrayPool<QueuedMessage>.Shared.Return(_spare.Messages);
        chunk.Next = null;
        _spare = chunk;
    }

    private void Reset()
    {
        _head = 0;
        _tail = 0;
        if (_spare is not null)
            ArrayPool<QueuedMessage>.Shared.Return(_spare.Messages);
        _spare = null;
        if (_first!.Messages.Length <= SmallestChunk)
            return;
        ArrayPool<QueuedMessage>.Shared.Return(_first.Messages);
        _first = null;
        _last = null;
    }

    private sealed class Chunk(QueuedMessage[] messages)
    {
        public QueuedMessage[] Messages { get; } = messages;

        public Chunk? Next { get; set; }
    }
}
