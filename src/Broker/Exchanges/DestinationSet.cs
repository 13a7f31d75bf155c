using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// The destinations of bindings that match alike, each once however many bindings lead to it. Persistent; ten thousand
/// destinations of a fan-out are not copied for one more. The default value is the empty set.
/// </summary>
internal readonly struct DestinationSet
{
    private readonly HashTrie<Destination, Binding>? _root;

    private DestinationSet(HashTrie<Destination, Binding> root) => _root = root;

    public bool IsEmpty => _root is null || _root.Count == 0;

    private HashTrie<Destination, Binding> Root => _root ?? HashTrie<Destination, Binding>.Empty;

    /// <summary>Counts a new binding, or takes the changed queue definition of one that was counted before.</summary>
    public DestinationSet With(Binding binding, bool isNew)
    {
        bool isThere = Root.TryFind(Destination.HashOf(binding), binding, out Destination present);
        int bindings = (isThere ? present.BindingCount : 0) + (isNew ? 1 : 0);
        return new(Root.With(new Destination(binding, bindings), binding));
    }

    public DestinationSet Without(Binding binding)
    {
        if (!Root.TryFind(Destination.HashOf(binding), binding, out Destination present))
            return this;
        return present.BindingCount > 1
            ? new(Root.With(new Destination(binding.WithQueue(present.Queue), present.BindingCount - 1), binding))
            : new(Root.Without(present.Hash, binding));
    }

    /// <summary>Adds them all; true when there are any.</summary>
    public bool AddTo(RouteSet routes)
    {
        if (IsEmpty)
            return false;
        // Nothing here comes twice, so that a wide fan-out needs no look for duplicates unless something came before.
        bool isFirst = routes.Count == 0;
        foreach (ref readonly Destination destination in Root)
        {
            if (destination.Queue is not { } queue)
                routes.AddExchange(destination.Name);
            else if (isFirst)
                routes.AppendDistinctQueue(queue);
            else
                routes.AddQueue(queue);
        }
        return true;
    }
}
