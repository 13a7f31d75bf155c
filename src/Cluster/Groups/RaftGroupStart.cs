using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>What a member of a group begins with: nothing, or what the node log had of it.</summary>
public sealed class RaftGroupStart
{
    /// <summary>Losses of one process are fewer than this leaves room for.</summary>
    private const int LossBits = 20;

    private RaftGroupStart(RaftStart raft) => Raft = raft;

    /// <summary>Something of the group is lost here: the member waits for a leader that brings it the whole.</summary>
    public bool IsUnsound => Raft.IsUnsound;

    /// <summary>Not all of the group is here, and what is left counts for all.</summary>
    public bool AcceptsLoss => WritesSound;

    internal RaftStart Raft { get; private init; }

    /// <summary>Of the entries behind the compacted index.</summary>
    internal IReadOnlyList<Position> Positions { get; private init; } = [];

    /// <summary>Entries at or below the compacted index that are nobody's.</summary>
    internal IReadOnlyList<LogIndex> Dead { get; private init; } = [];

    /// <summary>The same, as ranges by rising index.</summary>
    internal IReadOnlyList<IndexRange> Released { get; private init; } = [];

    /// <summary>The state is to be written before anything else: there is none, or it says otherwise.</summary>
    internal bool WritesState { get; private init; }

    /// <summary>The node log has the group as unsound, and it is taken as it is.</summary>
    internal bool WritesSound { get; private init; }

    /// <summary>What is there from here on is of a snapshot that was not put in place. 0: nothing.</summary>
    internal LogIndex TakesBackFrom { get; private init; }

    /// <summary>The term of the entry before.</summary>
    internal Term TakesBackBehind { get; private init; }

    internal long LostEntries { get; private init; }

    /// <summary>A new group, the same at each of its founders.</summary>
    /// <param name="self">This node.</param>
    /// <param name="founders">All founders.</param>
    /// <param name="before">Indexes up to here are never given.</param>
    public static RaftGroupStart Found(NodeId self, Membership founders, LogIndex before = default) =>
        new(new RaftStart
        {
            Self = self,
            State = new HardState { Members = founders, CompactedIndex = before, Commit = before },
        })
        {
            WritesState = true,
        };

    /// <summary>It has nothing but live entries, which its owner has already.</summary>
    public bool IsTakenOver => WritesState && Raft.Entries.Count == 0 && !Raft.IsUnsound
        && TakesBackFrom.Value == 0;

    /// <summary>A group that is elsewhere; waits for its leader.</summary>
    public static RaftGroupStart Join(NodeId self) =>
        new(new RaftStart { Self = self, State = new HardState() }) { WritesState = true };

    /// <summary>
    /// A group that this node had and has not any more: it counts for nothing until a leader brings it.
    /// </summary>
    public static RaftGroupStart Lost(NodeId self) =>
        new(new RaftStart { Self = self, State = new HardState(), IsUnsound = true }) { LostEntries = 1 };

    /// <summary>
    /// A group that this node has written without consensus so far, and that is open: it goes on as a group of this one
    /// member. What is live of it its owner has already.
    /// </summary>
    /// <param name="self">This node.</param>
    /// <param name="last">The last index that was given.</param>
    /// <param name="released">
    /// Entries that are nobody's as soon as consensus has begun, ranges by rising index: a crash leaves both or
    /// neither.
    /// </param>
    public static RaftGroupStart TakeOver(NodeId self, LogIndex last, IReadOnlyList<IndexRange> released) =>
        new(new RaftStart
        {
            Self = self,
            State = new HardState
            {
                Commit = last,
                CompactedIndex = last,
                Members = new Membership([new Member(self, IsVoter: true)]),
            },
        })
        {
            Released = released,
            WritesState = true,
        };

    /// <summary>The same, but indexes up to one are never given; of a group that is taken over.</summary>
    public RaftGroupStart Above(LogIndex index)
    {
        Invariant.Holds(IsTakenOver, "indexes are to be left out in the middle of a log");
        if (index <= Raft.State.CompactedIndex)
            return this;
        return new(Raft with { State = Raft.State with { CompactedIndex = index, Commit = index } })
        {
            Dead = Dead,
            WritesState = true,
            WritesSound = WritesSound,
        };
    }

    /// <summary>
    /// What consensus begins with. How often a member has lost something, it may have lost as well, and a leader that
    /// was told more would ignore it: the number of the start is higher than any count of those before.
    /// </summary>
    /// <param name="boot">Which start of the directory this is.</param>
    internal RaftStart At(long boot) => Raft.IsUnsound
        ? Raft with { State = Raft.State with { Losses = Math.Max(Raft.State.Losses, boot << LossBits) } }
        : Raft;

    /// <summary>
    /// A group as recovery found it, whose live entries go to the owner on the way. One that was written before there
    /// was consensus goes on as a group of this one member.
    /// </summary>
    /// <param name="self">This node.</param>
    /// <param name="found">Within the call that brings it.</param>
    /// <param name="owner">Gets what is live.</param>
    /// <param name="acceptsLoss">
    /// What damage has left is all that there is, if this is the only member: nobody else could bring the rest.
    /// </param>
    /// <param name="canRead">
    /// Asked for the entries of the log whose payload has to be read, if loss is accepted; null: they are all there.
    /// </param>
    /// <param name="beginsAlone">See <see cref="RaftStart.BeginsAlone"/>.</param>
    /// <param name="formerSelf">
    /// What this node was called before it had an identity: if that is the only voter, this one takes its place.
    /// </param>
    public static RaftGroupStart Recover(
        NodeId self, RecoveredGroup found, RaftGroupOwner owner, bool acceptsLoss,
        Func<LiveEntry, bool>? canRead = null, bool beginsAlone = false, NodeId formerSelf = default)
    {
        var recovery = new GroupRecovery(found, owner);
        recovery.Read();
        beginsAlone |= !formerSelf.IsNone && recovery.VotesAlone(formerSelf);
        bool isAlone = beginsAlone || recovery.IsAlone(self);
        if (isAlone && acceptsLoss && canRead is not null)
            recovery.FindUnreadable(canRead);
        if (recovery.IsUnsound && !(isAlone && acceptsLoss))
        {
            owner.Reset();
            return new RaftGroupStart(
                new RaftStart { Self = self, State = recovery.State ?? new HardState(), IsUnsound = true })
            {
                LostEntries = found.LostEntries,
            };
        }
        if (!recovery.IsUnsound && recovery.State is { } state)
        {
            var last = new LogIndex(state.CompactedIndex.Value + recovery.Entries.Count);
            state = state with { Commit = beginsAlone ? last : recovery.Committed(self) };
            return new RaftGroupStart(
                new RaftStart
                {
                    Self = self,
                    State = state,
                    Entries = recovery.Entries,
                    BeginsAlone = beginsAlone && !recovery.VotesAlone(self),
                })
            {
                Positions = recovery.Positions,
                Dead = recovery.Dead,
                TakesBackFrom = state.Installing,
                TakesBackBehind = recovery.Entries.Count > 0 ? recovery.Entries[^1].Term : state.CompactedTerm,
                WritesState = state.Installing.Value != 0,
            };
        }
        recovery.TakeOver();
        var alone = new HardState
        {
            Term = recovery.State is null || recovery.State.Term < found.LastTerm
                ? found.LastTerm
                : recovery.State.Term,
            Vote = recovery.State?.Vote ?? default,
            Losses = recovery.State?.Losses ?? 0,
            Commit = recovery.LastIndex,
            CompactedIndex = recovery.LastIndex,
            CompactedTerm = recovery.LastTerm,
            Members = new Membership([new Member(self, IsVoter: true)]),
        };
        return new RaftGroupStart(new RaftStart { Self = self, State = alone })
        {
            Dead = recovery.Dead,
            WritesState = true,
            WritesSound = recovery.IsUnsound,
        };
    }
}
