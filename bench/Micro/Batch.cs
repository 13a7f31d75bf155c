namespace Warren.Micro;

/// <summary>A growing list whose owner swaps it whole; kept and used again, so nothing is allocated for long.</summary>
internal sealed class Batch<T>
{
    private T[] _items = new T[64];

    internal int Count { get; private set; }

    internal ReadOnlySpan<T> Items => _items.AsSpan(0, Count);

    internal void Add(T item)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, Count * 2);
        _items[Count++] = item;
    }

    internal void Add(ReadOnlySpan<T> items)
    {
        if (_items.Length - Count < items.Length)
            Array.Resize(ref _items, Math.Max(_items.Length * 2, Count + items.Length));
        items.CopyTo(_items.AsSpan(Count));
        Count += items.Length;
    }

    // The slots stay filled: what they point to lives as long as the run anyway.
    internal void Clear() => Count = 0;
}
