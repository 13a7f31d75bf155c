namespace Warren.Broker.Topology;

/// <summary>
/// A persistent set of bindings: immutable, equal bindings once, a change shares all but the path to it. The default
/// value is the empty set.
/// </summary>
public readonly struct BindingSet
{
    private readonly HashTrie<Binding, Binding>? _root;

    private BindingSet(HashTrie<Binding, Binding> root) => _root = root;

    public int Count => _root?.Count ?? 0;

    private HashTrie<Binding, Binding> Root => _root ?? HashTrie<Binding, Binding>.Empty;

    public bool Contains(Binding binding) => Root.TryFind(binding.GetHashCode(), binding, out _);

    public Enumerator GetEnumerator() => new(Root);

    public IReadOnlyList<Binding> ToList()
    {
        var list = new List<Binding>(Count);
        foreach (Binding binding in this)
            list.Add(binding);
        return list;
    }

    /// <summary>Adds the binding, or puts it in the place of its equal.</summary>
    internal BindingSet With(Binding binding) => new(Root.With(binding, binding));

    internal BindingSet Without(Binding binding) => new(Root.Without(binding.GetHashCode(), binding));

    /// <summary>The binding at a position in the order of enumeration, in logarithmic time.</summary>
    internal Binding At(int index) => Root.At(index);

    /// <summary>A value: <c>foreach</c> over a set allocates nothing.</summary>
    public struct Enumerator
    {
        private HashTrie<Binding, Binding>.Enumerator _bindings;

        internal Enumerator(HashTrie<Binding, Binding> root) => _bindings = root.GetEnumerator();

        public readonly Binding Current => _bindings.Current;

        public bool MoveNext() => _bindings.MoveNext();
    }
}
