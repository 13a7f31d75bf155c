using Warren.Cluster.Consensus;

namespace Warren.Cluster.Groups;

/// <summary>
/// A member's way out of leading, since its node stops, is under maintenance, or has a disk that others do better
/// without: it stands for nothing any more, but votes, and hands over what it leads. Who has most of the log is asked
/// first, then the others; a leader goes on when nobody has taken over. Owned by the turn of the group's owner.
/// </summary>
/// <param name="group">The member.</param>
/// <param name="isUp">Whether a node can be reached, and may lead.</param>
/// <param name="isLast">
/// Whether a node is asked only when there is no other: it says that it is on its way out too, or did a moment ago.
/// </param>
public sealed class Handover(RaftGroup group, Func<NodeId, bool> isUp, Func<NodeId, bool> isLast)
{
    private readonly List<NodeId> _asked = [];

    /// <summary>It led when this began.</summary>
    public bool HasLed { get; } = group.IsLeader;

    /// <summary>
    /// Nothing more comes of it: somebody else is known to lead, or this member leads on, since nobody has taken over.
    /// </summary>
    public bool IsOver { get; private set; }

    /// <summary>It led when this began, and leads no more.</summary>
    public bool IsDone => HasLed && !group.IsLeader;

    /// <summary>From now on the member does not stand, or does again.</summary>
    public static void SetBarred(RaftGroup group, bool isBarred) => group.Node.IsBarred = isBarred;

    /// <summary>Goes on with it; to be followed by <see cref="RaftGroup.Flush"/>.</summary>
    public void Drive()
    {
        if (IsOver || !group.Node.TransferTo.IsNone)
            return;
        if (!group.IsLeader)
            IsOver = !HasLed || !group.Leader.IsNone;
        else
            IsOver = !TryNext();
    }

    private bool TryNext()
    {
        Membership members = group.Members;
        List<Progress> others = group.Node.Replication.Others.FindAll(
            other => members.IsVoter(other.Id) && other.Soundness == Soundness.Sound
                && !_asked.Contains(other.Id) && isUp(other.Id));
        if (others.Count == 0)
            return false;
        if (others.Exists(other => !isLast(other.Id)))
            others.RemoveAll(other => isLast(other.Id));
        long most = others.Max(static other => other.Match.Value);
        others.RemoveAll(other => other.Match.Value < most);
        // Else one node would lead all that the node has led.
        NodeId next = others[(int)((ulong)group.Id.Value % (ulong)others.Count)].Id;
        _asked.Add(next);
        return group.TransferLeadership(next);
    }
}
