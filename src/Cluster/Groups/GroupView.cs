using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>What the owner of a group may see of its log and of the other members. In the owner's turn.</summary>
public readonly struct GroupView
{
    private readonly RaftGroup _group;

    internal GroupView(RaftGroup group) => _group = group;

    /// <summary>Leader, follower, or on the way to be elected.</summary>
    public RaftRole Role => _group.Node.Role;

    /// <summary>A change of the members is in the log, and not committed.</summary>
    public bool IsChanging => _group.Node.Log.MembersIndex > _group.Node.Log.Commit;

    /// <summary>A leader is handing over.</summary>
    public bool IsHandingOver => !_group.Node.TransferTo.IsNone;

    /// <summary>A leader's snapshot is on its way in, and not whole.</summary>
    public bool IsBroughtAll => _group.Incoming.IsUnderWay;

    /// <summary>The term of what was committed last.</summary>
    public Term CommitTerm => _group.Node.Log.TryTermAt(_group.Node.Log.Commit, out Term term) ? term : default;

    /// <summary>
    /// Whether this member has that committed entry, and so all before it: in its log, or in what was compacted.
    /// </summary>
    public bool Has(LogIndex index, Term term) =>
        index <= _group.Node.Log.CompactedIndex || _group.Node.Log.Matches(index, term);

    /// <summary>
    /// How far a leader knows another member to be, durably, and whether that counts; 0 and false: nothing is known.
    /// </summary>
    public (LogIndex Match, bool IsSound) ProgressOf(NodeId member) =>
        _group.IsLeader && _group.Node.Replication.Find(member) is { } progress
            ? (progress.Match, progress.Soundness == Soundness.Sound)
            : default;

    /// <summary>
    /// Whether a leader streams its log to another member that votes: that one could take over within a moment.
    /// </summary>
    public bool IsInSync(NodeId member) => _group.IsLeader && _group.Members.IsVoter(member)
        && _group.Node.Replication.Find(member) is { Soundness: Soundness.Sound, State: ProgressState.Replicate };

    /// <summary>
    /// What lies behind <see cref="RaftGroup.Applied"/>, committed or not, as far as it is in memory: payloads of the
    /// owner's.
    /// </summary>
    public IEnumerable<(LogIndex Index, EntryPayload Payload)> Unapplied()
    {
        RaftGroup group = _group;
        for (LogIndex index = group.Applied.Next(); index <= group.LastIndex; index = index.Next())
        {
            RaftEntry entry = group.Node.Entry(index);
            if (entry is { Kind: EntryKind.Payload, IsInMemory: true })
                yield return (index, new EntryPayload(entry.Meta, entry.Body));
        }
    }
}
