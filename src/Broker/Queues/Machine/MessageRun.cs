using System.Buffers;
using System.Numerics;

namespace Warren.Broker.Queues;

/// <summary>
/// Messages that were never handed out, in the order they came: a row of pooled chunks, so that a long queue grows
/// without copying and gives memory up as it is drained. Invariant: positions rise from first to last; taken entries
/// are default, so that a chunk that goes back to the pool keeps no slab alive.
/// </summary>
internal sealed class MessageRun
{
    /// <summary>An empty run keeps a chunk of at most this size: 768 bytes.</summary>
    private const int SmallestChunk = 16;

    /// <summary>24 KiB: far from the large object heap.</summary>
    private const int LargestChunk = 512;

    private readonly Queue<QueuedMessage[]> _between = new(0);
    private QueuedMessage[]? _first;
    private QueuedMessage[]? _last;
    private int _head;
    private int _tail;

    public int Count { get; private set; }

    /// <summary>The oldest message. Only while <see cref="Count"/> is not 0.</summary>
    public ref QueuedMessage First => ref _first![_head];

    public void Add(in QueuedMessage queued)
    {
        if (_last is null || _tail == _last.Length)
            Extend();
        _last![_tail++] = queued;
        Count++;
    }

    public void RemoveFirst()
    {
        QueuedMessage[] first = _first!;
        first[_head++] = default;
        if (--Count == 0)
            Reset();
        else if (_head == first.Length)
        {
            _first = _between.TryDequeue(out QueuedMessage[]? next) ? next : _last;
            _head = 0;
            ArrayPool<QueuedMessage>.Shared.Return(first);
        }
    }

    /// <summary>Shows every message to <paramref name="relocate"/>, which may put it elsewhere.</summary>
    public void Rehome(Relocation relocate)
    {
        if (Count == 0)
            return;
        if (_first == _last)
        {
            Show(_first.AsSpan(_head, Count), relocate);
            return;
        }
        Show(_first.AsSpan(_head), relocate);
        foreach (QueuedMessage[] chunk in _between)
            Show(chunk, relocate);
        Show(_last.AsSpan(0, _tail), relocate);
    }

    private static void Show(Span<QueuedMessage> messages, Relocation relocate)
    {
        foreach (ref QueuedMessage queued in messages)
            relocate(ref queued.Message);
    }

    /// <summary>Adds a chunk about as large as what waits, so that short queues stay small.</summary>
    private void Extend()
    {
        int size = Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)Count), SmallestChunk, LargestChunk);
        QueuedMessage[] chunk = ArrayPool<QueuedMessage>.Shared.Rent(size);
        if (_last is null)
            _first = chunk;
        else if (_last != _first)
            _between.Enqueue(_last);
        _last = chunk;
        _tail = 0;
    }

    private void Reset()
    {
        _head = 0;
        _tail = 0;
        if (_first!.Length <= SmallestChunk)
            return;
        ArrayPool<QueuedMessage>.Shared.Return(_first);
        _first = null;
        _last = null;
    }
}
