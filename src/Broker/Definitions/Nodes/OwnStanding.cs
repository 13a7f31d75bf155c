using Warren.Cluster.Groups;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What this node says of itself to the others, and may do by what it hears of them: serve by its own definitions, and
/// take what it has for what all have. Owned by the definitions' turn.
/// </summary>
internal sealed class OwnStanding(DefinitionsStore store, DefinitionsPeers peers, OwnSession session)
{
    private long _settled;
    private bool _isClosing;

    public ServingLease Lease { get; } = new(store.Broker, store.AddBarrier);

    /// <summary>Clients may go by what is here, as far as the lease goes.</summary>
    private bool IsServing => session.IsOpen && !store.IsStuck && !_isClosing;

    /// <summary>It serves nobody any more.</summary>
    public void Close() => _isClosing = true;

    /// <summary>The end of a turn: the lease ends with the service, and goes on with what was heard.</summary>
    public void Renew(RaftGroup group)
    {
        long? heardMs = peers.HeardOfMs(group);
        if (!IsServing)
            Lease.End();
        else if (heardMs is { } saidMs && saidMs >= session.OpenedMs)
            Lease.Renew(saidMs, group.Term);
        if (group.IsLeader && heardMs is { } ledMs)
            peers.ConfirmGrants(ledMs);
    }

    /// <summary>Finds up to where what this node has is what all have that serve by their own definitions.</summary>
    /// <param name="own">How far it is.</param>
    public long Settle(long own) => _settled = peers.Settle(store.Broker.Nodes, own, session.Decides);

    /// <summary>The end of a turn: what has changed is told.</summary>
    public void Tell(RaftGroup group) => peers.Tell(new NodeWord
    {
        Boot = store.Broker.Storage!.Boot,
        Applied = store.LastIndex,
        Incarnation = IsServing ? store.Broker.Nodes.Incarnation : _isClosing || store.IsStuck ? -1 : 0,
        Term = group.Term.Value,
        SaidMs = 0,
        Settled = session.Decides ? _settled : -1,
        IsUnderMaintenance = store.Broker.Maintenance.IsOwn,
    });
}
