using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Warren.Broker.Topology;

/// <summary>
/// A persistent map from names (ordinal) to values: immutable, and a change shares all but the path to it with the map
/// before. Looked up by span or string without allocation; safe to read from every thread. Enumerated in the order of
/// hashes, which is no order to a reader: lists for people are sorted by whoever shows them.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "A map, as the field calls it.")]
public sealed class NameMap<TValue> : IReadOnlyCollection<KeyValuePair<string, TValue>>
{
    private readonly HashTrie<Entry, ReadOnlySpan<char>> _root;

    private NameMap(HashTrie<Entry, ReadOnlySpan<char>> root) => _root = root;

    [SuppressMessage("Design", "CA1000", Justification = "As the immutable collections of the library do.")]
    public static NameMap<TValue> Empty { get; } = new(HashTrie<Entry, ReadOnlySpan<char>>.Empty);

    public int Count => _root.Count;

    public bool TryGetValue(ReadOnlySpan<char> name, [MaybeNullWhen(false)] out TValue value)
    {
        bool found = _root.TryFind(NameHash.Of(name), name, out Entry entry);
        value = found ? entry.Value : default;
        return found;
    }

    public bool TryGetValue(string name, [MaybeNullWhen(false)] out TValue value) =>
        TryGetValue(name.AsSpan(), out value);

    public bool Contains(ReadOnlySpan<char> name) => _root.TryFind(NameHash.Of(name), name, out _);

    /// <summary>Adds the name, or gives it another value.</summary>
    public NameMap<TValue> With(string name, TValue value) =>
        new(_root.With(new Entry(name, value, NameHash.Of(name)), name));

    /// <summary>The same map when the name is not in it.</summary>
    public NameMap<TValue> Without(ReadOnlySpan<char> name)
    {
        HashTrie<Entry, ReadOnlySpan<char>> root = _root.Without(NameHash.Of(name), name);
        return ReferenceEquals(root, _root) ? this : root.Count == 0 ? Empty : new(root);
    }

    public Enumerator GetEnumerator() => new(_root);

    IEnumerator<KeyValuePair<string, TValue>> IEnumerable<KeyValuePair<string, TValue>>.GetEnumerator() =>
        GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A value: <c>foreach</c> over a map allocates nothing.</summary>
    public struct Enumerator : IEnumerator<KeyValuePair<string, TValue>>
    {
        private readonly HashTrie<Entry, ReadOnlySpan<char>> _root;
        private HashTrie<Entry, ReadOnlySpan<char>>.Enumerator _entries;

        internal Enumerator(HashTrie<Entry, ReadOnlySpan<char>> root)
        {
            _root = root;
            _entries = root.GetEnumerator();
        }

        public readonly KeyValuePair<string, TValue> Current => new(_entries.Current.Name, _entries.Current.Value);

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => _entries.MoveNext();

        public void Reset() => _entries = _root.GetEnumerator();

        public readonly void Dispose()
        {
        }
    }

    internal readonly struct Entry(string name, TValue value, int hash) : IHashTrieEntry<ReadOnlySpan<char>>
    {
        public string Name { get; } = name;

        public TValue Value { get; } = value;

        public int Hash { get; } = hash;

        public bool Is(scoped ReadOnlySpan<char> key) => Name.AsSpan().SequenceEqual(key);
    }
}
