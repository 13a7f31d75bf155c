using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>Routes to all its bindings, whatever the key (AMQP 0-9-1, section 3.1.3.2).</summary>
public sealed class FanoutExchange : Exchange
{
    private DestinationSet _destinations;

    internal FanoutExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
    }

    internal override bool ReadsKey => false;

    internal override bool RoutesByKeyAlone => true;

    internal override bool Route(in RoutingInput input, RouteSet routes) => _destinations.AddTo(routes);

    private protected override void Bind(Binding binding, bool isNew) =>
        _destinations = _destinations.With(binding, isNew);

    private protected override void Unbind(Binding binding) => _destinations = _destinations.Without(binding);
}
