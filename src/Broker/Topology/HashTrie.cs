using System.Numerics;
using System.Runtime.CompilerServices;

namespace Warren.Broker.Topology;

/// <summary>
/// A persistent hash trie (HAMT), 32 ways a node, and the node itself. Immutable: a change copies the path from the
/// root to the change, at most eight nodes, and shares the rest, so that snapshots of ten thousand entries cost what
/// differs.
/// <para>
/// Invariants: a way is an entry, a child or nothing, told by two bitmaps; arrays hold only what is there. A child
/// holds at least two entries (a lone one moves up), so equal contents have equal shapes. Below the 32nd bit of the
/// hash a node is a list of entries whose hashes are all equal, without bitmaps.
/// </para>
/// </summary>
internal sealed class HashTrie<TEntry, TKey>
    where TEntry : IHashTrieEntry<TKey>
    where TKey : allows ref struct
{
    private const int BitsPerLevel = 5;
    private const int HashBits = 32;

    private readonly uint _entryBits;
    private readonly uint _childBits;
    private readonly TEntry[] _entries;
    private readonly HashTrie<TEntry, TKey>[] _children;

    private HashTrie(uint entryBits, uint childBits, TEntry[] entries, HashTrie<TEntry, TKey>[] children)
    {
        _entryBits = entryBits;
        _childBits = childBits;
        _entries = entries;
        _children = children;
        Count = entries.Length;
        foreach (HashTrie<TEntry, TKey> child in children)
            Count += child.Count;
    }

    public static HashTrie<TEntry, TKey> Empty { get; } = new(0, 0, [], []);

    /// <summary>Entries in this node and below.</summary>
    public int Count { get; }

    public bool TryFind(int hash, scoped TKey key, out TEntry entry)
    {
        HashTrie<TEntry, TKey> node = this;
        for (int shift = 0; shift < HashBits; shift += BitsPerLevel)
        {
            uint bit = BitOf(hash, shift);
            if ((node._entryBits & bit) != 0)
            {
                entry = node._entries[Position(node._entryBits, bit)];
                return entry.Hash == hash && entry.Is(key);
            }
            if ((node._childBits & bit) == 0)
            {
                entry = default!;
                return false;
            }
            node = node._children[Position(node._childBits, bit)];
        }
        int at = node.FindCollision(hash, key);
        entry = at < 0 ? default! : node._entries[at];
        return at >= 0;
    }

    /// <summary>Adds the entry, or puts it in the place of the one with its key.</summary>
    public HashTrie<TEntry, TKey> With(TEntry entry, scoped TKey key) => With(entry, key, 0);

    /// <summary>The same trie when nothing has the key.</summary>
    public HashTrie<TEntry, TKey> Without(int hash, scoped TKey key) => Without(hash, key, 0);

    /// <summary>
    /// The entry at a position in the order of enumeration: O(log n), any order but always the same.
    /// </summary>
    public TEntry At(int index)
    {
        HashTrie<TEntry, TKey> node = this;
        while (index >= node._entries.Length)
        {
            index -= node._entries.Length;
            int child = 0;
            while (index >= node._children[child].Count)
                index -= node._children[child++].Count;
            node = node._children[child];
        }
        return node._entries[index];
    }

    public Enumerator GetEnumerator() => new(this);

    private HashTrie<TEntry, TKey> With(TEntry entry, scoped TKey key, int shift)
    {
        int hash = entry.Hash;
        if (shift >= HashBits)
        {
            int collision = FindCollision(hash, key);
            TEntry[] entries = collision < 0
                ? Inserted(_entries, _entries.Length, entry)
                : Replaced(_entries, collision, entry);
            return new(0, 0, entries, _children);
        }
        uint bit = BitOf(hash, shift);
        if ((_childBits & bit) != 0)
        {
            int at = Position(_childBits, bit);
            HashTrie<TEntry, TKey> child = _children[at].With(entry, key, shift + BitsPerLevel);
            return new(_entryBits, _childBits, _entries, Replaced(_children, at, child));
        }
        int place = Position(_entryBits, bit);
        if ((_entryBits & bit) == 0)
            return new(_entryBits | bit, _childBits, Inserted(_entries, place, entry), _children);
        TEntry present = _entries[place];
        if (present.Hash == hash && present.Is(key))
            return new(_entryBits, _childBits, Replaced(_entries, place, entry), _children);
        return new(
            _entryBits & ~bit,
            _childBits | bit,
            Removed(_entries, place),
            Inserted(_children, Position(_childBits, bit), Parting(present, entry, shift + BitsPerLevel)));
    }

    private HashTrie<TEntry, TKey> Without(int hash, scoped TKey key, int shift)
    {
        if (shift >= HashBits)
        {
            int collision = FindCollision(hash, key);
            return collision < 0 ? this : new(0, 0, Removed(_entries, collision), _children);
        }
        uint bit = BitOf(hash, shift);
        if ((_entryBits & bit) != 0)
        {
            int place = Position(_entryBits, bit);
            TEntry present = _entries[place];
            if (present.Hash != hash || !present.Is(key))
                return this;
            return Count == 1 ? Empty : new(_entryBits & ~bit, _childBits, Removed(_entries, place), _children);
        }
        if ((_childBits & bit) == 0)
            return this;
        int at = Position(_childBits, bit);
        HashTrie<TEntry, TKey> child = _children[at].Without(hash, key, shift + BitsPerLevel);
        if (ReferenceEquals(child, _children[at]))
            return this;
        if (child.Count > 1)
            return new(_entryBits, _childBits, _entries, Replaced(_children, at, child));
        return new(
            _entryBits | bit,
            _childBits & ~bit,
            Inserted(_entries, Position(_entryBits, bit), child._entries[0]),
            Removed(_children, at));
    }

    /// <summary>The smallest subtree in which two entries that met at one way are apart.</summary>
    private static HashTrie<TEntry, TKey> Parting(TEntry first, TEntry second, int shift)
    {
        if (shift >= HashBits)
            return new(0, 0, [first, second], []);
        uint firstBit = BitOf(first.Hash, shift);
        uint secondBit = BitOf(second.Hash, shift);
        if (firstBit == secondBit)
            return new(0, firstBit, [], [Parting(first, second, shift + BitsPerLevel)]);
        return new(firstBit | secondBit, 0, firstBit < secondBit ? [first, second] : [second, first], []);
    }

    private int FindCollision(int hash, scoped TKey key)
    {
        for (int i = 0; i < _entries.Length; i++)
        {
            if (_entries[i].Hash == hash && _entries[i].Is(key))
                return i;
        }
        return -1;
    }

    private static uint BitOf(int hash, int shift) => 1u << ((hash >>> shift) & 31);

    private static int Position(uint bits, uint bit) => BitOperations.PopCount(bits & (bit - 1));

    private static T[] Inserted<T>(T[] items, int at, T item)
    {
        var result = new T[items.Length + 1];
        Array.Copy(items, result, at);
        result[at] = item;
        Array.Copy(items, at, result, at + 1, items.Length - at);
        return result;
    }

    private static T[] Replaced<T>(T[] items, int at, T item)
    {
        T[] result = [.. items];
        result[at] = item;
        return result;
    }

    private static T[] Removed<T>(T[] items, int at)
    {
        if (items.Length == 1)
            return [];
        var result = new T[items.Length - 1];
        Array.Copy(items, result, at);
        Array.Copy(items, at + 1, result, at, result.Length - at);
        return result;
    }

    /// <summary>Depth first, a node's entries before its children. A value: enumerating allocates nothing.</summary>
    public struct Enumerator
    {
        private Path _path;
        private Turns _turns;
        private int _depth;
        private int _entry;

        internal Enumerator(HashTrie<TEntry, TKey> root)
        {
            _path[0] = root;
            _entry = -1;
        }

        public readonly ref readonly TEntry Current => ref _path[_depth]._entries[_entry];

        public bool MoveNext()
        {
            if (++_entry < _path[_depth]._entries.Length)
                return true;
            while (true)
            {
                HashTrie<TEntry, TKey> node = _path[_depth];
                int child = _turns[_depth];
                if (child < node._children.Length)
                {
                    _turns[_depth] = child + 1;
                    _depth++;
                    _path[_depth] = node._children[child];
                    _turns[_depth] = 0;
                    _entry = 0;
                    if (_path[_depth]._entries.Length > 0)
                        return true;
                }
                else if (--_depth < 0)
                {
                    _depth = 0;
                    _entry = _path[0]._entries.Length;
                    _turns[0] = _path[0]._children.Length;
                    return false;
                }
            }
        }
    }

    // Seven levels of five bits and the list of collisions.
    [InlineArray(8)]
    private struct Path
    {
        private HashTrie<TEntry, TKey> _node;
    }

    [InlineArray(8)]
    private struct Turns
    {
        private int _turn;
    }
}
