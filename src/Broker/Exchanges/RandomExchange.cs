using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>x-random: routes to the destination of one of its bindings, each as likely as the others.</summary>
public sealed class RandomExchange : Exchange
{
    internal RandomExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
    }

    internal override bool ReadsKey => false;

    internal override bool RoutesByKeyAlone => false;

    internal override bool Route(in RoutingInput input, RouteSet routes)
    {
        if (BindingCount == 0)
            return false;
        routes.AddDestination(Bindings.At(routes.Random.Next(BindingCount)));
        return true;
    }

    private protected override void Bind(Binding binding, bool isNew)
    {
        // The set of bindings is all there is to know.
    }

    private protected override void Unbind(Binding binding)
    {
    }
}
