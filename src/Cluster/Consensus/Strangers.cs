using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What comes from a node that is no member, as of the end of the log or of what is committed. It may lead all the
/// same: this node may be behind and not know of it, or know already that it removes itself. But a term has one leader,
/// and where this node leads and alone decides who belongs to the group nobody else can have been elected: that is no
/// leader, but a node of another history, or worse.
/// </summary>
internal sealed class Strangers(RaftNode node)
{
    /// <summary>
    /// Messages that were thrown away since they came from a node that is no member, as far as this one knows, and
    /// cannot be true.
    /// </summary>
    public long Dropped { get; private set; }

    /// <summary>Whether a message is to be thrown away.</summary>
    /// <param name="from">Who sent it.</param>
    /// <param name="term">Its term.</param>
    /// <param name="leads">Only the leader of that term sends such.</param>
    public bool Drops(NodeId from, Term term, bool leads)
    {
        if (term < node.Term || node.Members.Contains(from) || node.Log.MembersAt(node.Log.Commit).Contains(from))
            return false;
        bool isSecondLeader =
            leads && term == node.Term && (node.IsLeader || (!node.Leader.IsNone && node.Leader != from));
        bool isAlone = node.IsLeader && node.Members.Voters == 1 && node.Members.IsVoter(node.Self)
            && node.Log.MembersIndex <= node.Log.Commit;
        if (!isSecondLeader && !isAlone)
            return false;
        Dropped++;
        return true;
    }
}
