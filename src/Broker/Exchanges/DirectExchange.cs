using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>Routes to the bindings whose key is the message's (AMQP 0-9-1, section 3.1.3.1).</summary>
public sealed class DirectExchange : Exchange
{
    private NameMap<DestinationSet> _byKey = NameMap<DestinationSet>.Empty;

    internal DirectExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
    }

    internal override bool ReadsKey => true;

    internal override bool RoutesByKeyAlone => true;

    internal override bool Route(in RoutingInput input, RouteSet routes) =>
        _byKey.TryGetValue(input.RoutingKey, out DestinationSet destinations) && destinations.AddTo(routes);

    private protected override void Bind(Binding binding, bool isNew)
    {
        _byKey.TryGetValue(binding.RoutingKey, out DestinationSet destinations);
        _byKey = _byKey.With(binding.RoutingKey, destinations.With(binding, isNew));
    }

    private protected override void Unbind(Binding binding)
    {
        _byKey.TryGetValue(binding.RoutingKey, out DestinationSet destinations);
        destinations = destinations.Without(binding);
        _byKey = destinations.IsEmpty
            ? _byKey.Without(binding.RoutingKey)
            : _byKey.With(binding.RoutingKey, destinations);
    }
}
