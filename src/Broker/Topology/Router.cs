using Warren.Broker.Exchanges;
using Warren.Broker.Queues;

namespace Warren.Broker.Topology;

/// <summary>
/// Finds the queues of a message on one immutable vhost: from the exchange it was published to along bindings and
/// alternate exchanges, each exchange once, so that cycles end. No state, no lock, no allocation in the steady state.
/// <para>
/// As in RabbitMQ: an alternate exchange is asked when an exchange has no binding for the message, wherever on the way
/// that exchange is; the keys of CC and BCC count at every exchange on the way; the default exchange's implicit
/// bindings count only for what is published to it, not for what reaches it as an alternate.
/// </para>
/// </summary>
public static class Router
{
    /// <summary>
    /// Routes a message. Whether the publisher may, and whether the exchange is internal, was asked before.
    /// </summary>
    /// <param name="vhost">The snapshot to route on.</param>
    /// <param name="exchange">The exchange published to; empty is the default exchange.</param>
    /// <param name="input">Key and properties. CC and BCC, if there, are arrays: checked before.</param>
    /// <param name="routes">Receives the result; what it held is gone.</param>
    /// <returns>False when there is no such exchange.</returns>
    public static bool Route(Vhost vhost, ReadOnlySpan<char> exchange, in RoutingInput input, RouteSet routes) =>
        Route(vhost, exchange, input, routes, ignoresDelays: false);

    /// <summary>
    /// Routes a message that has waited at a delayed exchange, from there on; it is delayed no more.
    /// </summary>
    /// <inheritdoc cref="Route(Vhost, ReadOnlySpan{char}, in RoutingInput, RouteSet)"/>
    public static bool RouteAfterDelay(
        Vhost vhost, ReadOnlySpan<char> exchange, in RoutingInput input, RouteSet routes) =>
        Route(vhost, exchange, input, routes, ignoresDelays: true);

    private static bool Route(
        Vhost vhost, ReadOnlySpan<char> exchange, in RoutingInput input, RouteSet routes, bool ignoresDelays)
    {
        routes.Begin(vhost, ignoresDelays);
        ReadOnlySpan<byte> headers = input.Properties.HeadersTable;
        if (!headers.IsEmpty)
            routes.ExtraKeys.ReadFrom(headers, routes.Headers);
        if (routes.ExtraKeys.Count > 0)
            routes.ForbidCaching();
        if (exchange.IsEmpty)
        {
            RouteToNamedQueues(vhost, input, routes);
            return true;
        }
        if (!vhost.Exchanges.TryGetValue(exchange, out Exchange? first))
            return false;
        routes.Exchanges.Append(first);
        for (int i = 0; i < routes.Exchanges.Count; i++)
            Visit(routes.Exchanges[i], input, routes);
        return true;
    }

    private static void Visit(Exchange exchange, in RoutingInput input, RouteSet routes)
    {
        if (!exchange.RoutesByKeyAlone)
            routes.ForbidCaching();
        bool matched = exchange.Route(input, routes);
        if (exchange.ReadsKey)
        {
            for (int i = 0; i < routes.ExtraKeys.Count; i++)
                matched |= exchange.Route(new RoutingInput(routes.ExtraKeys[i], input.Properties), routes);
        }
        if (!matched && exchange.AlternateExchange is { } alternate)
            routes.AddExchange(alternate);
    }

    private static void RouteToNamedQueues(Vhost vhost, in RoutingInput input, RouteSet routes)
    {
        if (vhost.Queues.TryGetValue(input.RoutingKey, out QueueDefinition? queue))
            routes.AddQueue(queue);
        for (int i = 0; i < routes.ExtraKeys.Count; i++)
        {
            if (vhost.Queues.TryGetValue(routes.ExtraKeys[i], out queue))
                routes.AddQueue(queue);
        }
    }
}
