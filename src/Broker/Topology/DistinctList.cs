using System.Runtime.CompilerServices;

namespace Warren.Broker.Topology;

/// <summary>
/// A list without duplicates (by reference), kept by its owner and filled again and again without allocating. A few
/// items are compared one by one; past that a table of positions by hash answers.
/// Invariant: the first _indexed items are in the table; none are while the list is short.
/// </summary>
internal sealed class DistinctList<T>
    where T : class
{
    // One cache line of references or two are compared faster than hashed.
    private const int ComparedItems = 16;

    private T[] _items = new T[ComparedItems];
    private int[] _positions = [];
    private int _indexed;

    public int Count { get; private set; }

    public T this[int index] => _items[index];

    public ReadOnlySpan<T> Items => _items.AsSpan(0, Count);

    /// <summary>False when it was there already.</summary>
    public bool Add(T item)
    {
        if (Count < ComparedItems)
        {
            foreach (T present in Items)
            {
                if (ReferenceEquals(present, item))
                    return false;
            }
        }
        else
        {
            Index();
            int slot = SlotOf(item);
            if (_positions[slot] != 0)
                return false;
            _positions[slot] = Count + 1;
            _indexed++;
        }
        Append(item);
        return true;
    }

    /// <summary>Adds an item the caller knows not to be there.</summary>
    public void Append(T item)
    {
        if (Count == _items.Length)
            Array.Resize(ref _items, Count * 2);
        _items[Count++] = item;
    }

    public void Clear()
    {
        Array.Clear(_items, 0, Count);
        if (_indexed > 0)
            Array.Clear(_positions);
        Count = 0;
        _indexed = 0;
    }

    private void Index()
    {
        if (_positions.Length < (Count + 1) * 2)
        {
            // Sized after the items, which have grown by doubling: so does this.
            _positions = new int[Math.Max(_items.Length, Count + 1) * 4];
            _indexed = 0;
        }
        for (; _indexed < Count; _indexed++)
            _positions[SlotOf(_items[_indexed])] = _indexed + 1;
    }

    private int SlotOf(T item)
    {
        // Multiplied, because runtime hash codes are 26 bits wide and the table's size is no prime.
        ulong hash = (ulong)(uint)RuntimeHelpers.GetHashCode(item) * 0x9E37_79B9_7F4A_7C15;
        int slot = (int)(((hash >> 32) * (ulong)_positions.Length) >> 32);
        while (_positions[slot] != 0 && !ReferenceEquals(_items[_positions[slot] - 1], item))
            slot = slot + 1 == _positions.Length ? 0 : slot + 1;
        return slot;
    }
}
