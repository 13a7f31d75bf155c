using Warren.Broker.Exchanges;

namespace Warren.Broker.Topology;

/// <summary>
/// What a removal came to: bindings go with their ends, and auto-delete exchanges with their last binding.
/// </summary>
/// <param name="Vhost">The vhost afterwards; the same value when there was nothing to remove.</param>
/// <param name="RemovedExchanges">In the order they went, one asked for included.</param>
/// <param name="RemovedBindings">In the order they went, one asked for included.</param>
public sealed record VhostChange(
    Vhost Vhost,
    IReadOnlyList<Exchange> RemovedExchanges,
    IReadOnlyList<Binding> RemovedBindings)
{
    public bool IsNothing => RemovedExchanges.Count == 0 && RemovedBindings.Count == 0;
}
