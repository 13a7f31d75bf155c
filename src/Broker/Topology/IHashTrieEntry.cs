namespace Warren.Broker.Topology;

/// <summary>
/// What <see cref="HashTrie{TEntry, TKey}"/> asks of its entries. A generic constraint, not a seam: it lets one trie
/// hold names found by span and bindings found by value, both without a comparer or an allocation.
/// </summary>
internal interface IHashTrieEntry<TKey>
    where TKey : allows ref struct
{
    /// <summary>The full 32 bits, stored or cached: asked whenever entries part.</summary>
    int Hash { get; }

    bool Is(scoped TKey key);
}
