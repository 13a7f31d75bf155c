using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// Routes by patterns of words between dots, where '*' is one word and '#' any number of words, none included (AMQP
/// 0-9-1, section 3.1.3.3). Empty words are words; only the empty key has none.
/// </summary>
public sealed class TopicExchange : Exchange
{
    private TopicNode _root = TopicNode.Empty;

    internal TopicExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
    }

    internal override bool ReadsKey => true;

    internal override bool RoutesByKeyAlone => true;

    internal override bool Route(in RoutingInput input, RouteSet routes) =>
        new TopicMatch(input.RoutingKey, routes).Run(_root);

    private protected override void Bind(Binding binding, bool isNew) => _root = _root.With(binding, isNew);

    private protected override void Unbind(Binding binding) => _root = _root.Without(binding);
}
