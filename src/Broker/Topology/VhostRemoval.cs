using Warren.Broker.Exchanges;

namespace Warren.Broker.Topology;

/// <summary>
/// One removal on its way from a vhost to the next: the indexes so far and what went. Lives for one call. Time is
/// proportional to the bindings that go, however many there are besides.
/// </summary>
/// <param name="vhost">Before.</param>
/// <param name="keepsDurable">
/// Durable exchanges stay, auto-delete or not: what goes is what does not survive a restart.
/// </param>
internal sealed class VhostRemoval(Vhost vhost, bool keepsDurable = false)
{
    private readonly List<Exchange> _removedExchanges = [];
    private readonly List<Binding> _removedBindings = [];
    // Exchanges that lost a binding: the auto-delete ones among them may have to go. A list and no recursion, because
    // a client can make a chain of exchanges longer than a stack.
    private readonly Queue<string> _bereaved = new();
    private NameMap<Exchange> _exchanges = vhost.Exchanges;
    private BindingIndex _toQueues = vhost.ToQueues;
    private BindingIndex _toExchanges = vhost.ToExchanges;

    public void RemoveQueue(string name)
    {
        RemoveBindingsTo(ref _toQueues, name);
        RemoveUnusedAutoDelete();
    }

    public void RemoveExchange(string name)
    {
        Remove(name);
        RemoveUnusedAutoDelete();
    }

    public void RemoveBinding(Binding binding)
    {
        if (binding.DestinationKind == DestinationKind.Queue)
            _toQueues = _toQueues.Without(binding);
        else
            _toExchanges = _toExchanges.Without(binding);
        Unbind(binding);
        RemoveUnusedAutoDelete();
    }

    public VhostChange Finish(NameMap<Queues.QueueDefinition> queues) =>
        new(vhost.With(_exchanges, queues, _toQueues, _toExchanges), _removedExchanges, _removedBindings);

    private void RemoveUnusedAutoDelete()
    {
        while (_bereaved.TryDequeue(out string? name))
        {
            if (_exchanges.TryGetValue(name, out Exchange? exchange)
                && exchange.AutoDelete
                && !(keepsDurable && exchange.Durable)
                && exchange.BindingCount == 0)
                Remove(name);
        }
    }

    private void Remove(string name)
    {
        if (!_exchanges.TryGetValue(name, out Exchange? exchange))
            return;
        foreach (Binding binding in exchange.Bindings)
        {
            if (binding.DestinationKind == DestinationKind.Queue)
                _toQueues = _toQueues.Without(binding);
            else
                _toExchanges = _toExchanges.Without(binding);
            _removedBindings.Add(binding);
        }
        _exchanges = _exchanges.Without(name);
        _removedExchanges.Add(exchange);
        RemoveBindingsTo(ref _toExchanges, name);
    }

    private void RemoveBindingsTo(ref BindingIndex index, string destination)
    {
        BindingSet bindings = index.Of(destination);
        index = index.WithoutDestination(destination);
        foreach (Binding binding in bindings)
            Unbind(binding);
    }

    private void Unbind(Binding binding)
    {
        _exchanges = _exchanges.With(binding.Source, ExchangeOf(binding).WithoutBinding(binding));
        _removedBindings.Add(binding);
        _bereaved.Enqueue(binding.Source);
    }

    private Exchange ExchangeOf(Binding binding) =>
        _exchanges.TryGetValue(binding.Source, out Exchange? exchange)
            ? exchange
            : throw new InvalidOperationException($"The binding {binding} has outlived its exchange.");
}
