using Warren.Cluster.Consensus;

namespace Warren.Cluster.Groups;

/// <summary>
/// Which nodes a group's owner was told of that are no members and send as if they were: once of each, since they will
/// go on. Owned by the group's turn.
/// </summary>
internal sealed class StrangerReports(RaftGroupOwner owner)
{
    private readonly HashSet<NodeId> _told = new(0);
    private long _dropped;

    /// <summary>Something has come of a node.</summary>
    /// <param name="from">Which.</param>
    /// <param name="dropped">How much was thrown away so far (<see cref="RaftNode.Dropped"/>).</param>
    public void Note(NodeId from, long dropped)
    {
        if (dropped == _dropped)
            return;
        _dropped = dropped;
        if (_told.Count < Membership.Most && _told.Add(from))
            owner.Strange(from);
    }

    /// <summary>It is counted anew.</summary>
    public void Restart() => _dropped = 0;
}
