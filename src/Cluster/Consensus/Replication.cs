using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// A leader's work: its log goes to every member, and what a majority of the voters has, durably, is committed. Empty
/// in anybody else.
/// </summary>
internal sealed class Replication(RaftNode node)
{
    /// <summary>All members but this one, by identity.</summary>
    private readonly List<Progress> _others = [];

    /// <summary>The first entry of the leader's term.</summary>
    private LogIndex _first;

    /// <summary>Bytes of entries that are not committed.</summary>
    private long _uncommittedBytes;

    public NodeId TransferTo { get; private set; }

    /// <summary>Another member has this term's first entry, and counts: it lived when this one led.</summary>
    public bool HasHeardOf(Progress progress) => progress.IsActive && progress.Counted >= _first;

    public bool HasCommittedInTerm => node.Log.Commit >= _first;

    public LogIndex CompactionLimit
    {
        get
        {
            LogIndex limit = node.Log.Applied;
            foreach (Progress progress in _others)
            {
                if (progress.State == ProgressState.Snapshot)
                    limit = IndexSteps.Lower(limit, progress.Snapshot!.CompleteAt ?? limit);
                else if (progress.IsActive)
                    limit = IndexSteps.Lower(limit, progress.Match);
            }
            return limit;
        }
    }

    public List<Progress> Others => _others;

    /// <summary>A snapshot is on its way, or leadership is.</summary>
    public bool IsBusy
    {
        get
        {
            foreach (Progress progress in _others)
            {
                if (progress.State == ProgressState.Snapshot)
                    return true;
            }
            return !TransferTo.IsNone;
        }
    }

    public void Begin()
    {
        _others.Clear();
        _uncommittedBytes = 0;
        for (LogIndex index = node.Log.Commit.Next(); index <= node.Log.LastIndex; index = index.Next())
            _uncommittedBytes += node.Log[index].SizeBytes;
        _first = node.Log.LastIndex.Next();
        MembersChanged();
        Append(EntryKind.Empty, MembershipFormat.EmptyMeta, default);
    }

    public void End()
    {
        _others.Clear();
        TransferTo = NodeId.None;
    }

    public Progress? Find(NodeId id)
    {
        foreach (Progress progress in _others)
        {
            if (progress.Id == id)
                return progress;
        }
        return null;
    }

    public bool TryPropose(ReadOnlySpan<EntryPayload> payloads, out LogIndex first)
    {
        first = node.Log.LastIndex.Next();
        if (!node.IsLeader || !TransferTo.IsNone || payloads.IsEmpty
            || _uncommittedBytes >= node.Options.UncommittedBytes)
            return false;
        foreach (EntryPayload payload in payloads)
        {
            Invariant.Holds(payload.Meta.Length <= ushort.MaxValue, "an entry's meta is longer than a record's can be");
            Invariant.Holds(
                payload.Meta.IsEmpty || payload.Meta.Span[0] != 0, "an owner's entry looks like one of consensus");
            Append(EntryKind.Payload, payload.Meta, payload.Body);
        }
        return true;
    }

    /// <summary>Appends members to the log; they count from here on.</summary>
    public void Append(Membership members)
    {
        Append(EntryKind.Membership, MembershipFormat.Meta(members), default);
        MembersChanged();
        AdvanceCommit();
    }

    public bool BeginTransfer(NodeId to)
    {
        if (!node.IsLeader || to == node.Self || !node.Members.IsVoter(to)
            || Find(to) is not { Soundness: Soundness.Sound } progress)
            return false;
        TransferTo = to;
        TransferIfReady(progress);
        return true;
    }

    public void EndTransfer() => TransferTo = NodeId.None;

    /// <summary>Whether a majority was heard from since this was asked last, this leader included.</summary>
    public bool TakeQuorumHeard()
    {
        int heard = node.Members.IsVoter(node.Self) ? 1 : 0;
        foreach (Progress progress in _others)
        {
            if (progress.IsActive && progress.Soundness == Soundness.Sound && node.Members.IsVoter(progress.Id))
                heard++;
            else if (!progress.IsActive && progress.State == ProgressState.Snapshot)
                progress.EndSnapshot();
            progress.IsActive = false;
        }
        return heard >= node.Members.Majority;
    }

    /// <summary>Voters, this leader included, that have confirmed a round of read barriers.</summary>
    public bool HasConfirmed(long round)
    {
        int confirmed = node.Members.IsVoter(node.Self) ? 1 : 0;
        foreach (Progress progress in _others)
        {
            if (progress.AnsweredRound >= round && node.Members.IsVoter(progress.Id))
                confirmed++;
        }
        return confirmed >= node.Members.Majority;
    }

    public void OnAnswer(NodeId from, AppendAnswer answer)
    {
        if (Find(from) is not { } progress)
            return;
        if (!Hear(progress, answer.Soundness, answer.Losses))
            return;
        if (answer.IsRejected)
        {
            if (progress.Soundness != Soundness.NeedsSnapshot)
                progress.Reject(answer.Index, node.Log.HighestWithin(answer.HintIndex, answer.HintTerm));
            return;
        }
        if (answer.Index > node.Log.LastIndex)
            return;
        progress.Acknowledge(answer.Index);
        AdvanceCommit();
        TransferIfReady(progress);
    }

    /// <summary>True if it may complete a round of read barriers.</summary>
    public bool OnHeartbeatAnswer(NodeId from, HeartbeatAnswer answer)
    {
        if (Find(from) is not { } progress)
            return false;
        progress.IsActive = true;
        if (answer.Soundness == Soundness.NeedsSnapshot)
            Hear(progress, answer.Soundness, progress.Losses);
        // What was sent may be lost: an append, if only an empty one, finds out.
        progress.IsAsked |= progress.State == ProgressState.Probe || progress.Match < node.Log.LastIndex
            || progress.Soundness != answer.Soundness;
        if (answer.Soundness != Soundness.Sound || answer.Round <= progress.AnsweredRound)
            return false;
        progress.AnsweredRound = answer.Round;
        return true;
    }

    /// <summary>A member says it has the leader's log, which came as a snapshot.</summary>
    public void Installed(Progress progress, LogIndex index)
    {
        progress.EndSnapshot();
        if (index <= node.Log.LastIndex)
            progress.Acknowledge(index);
        AdvanceCommit();
    }

    /// <summary>
    /// Commits what a majority has, if it ends in an entry of this term: older ones may still be overwritten although
    /// every server but one has them (thesis, section 3.6.2).
    /// </summary>
    public void AdvanceCommit()
    {
        Span<long> counted = stackalloc long[Membership.Most];
        int count = 0;
        foreach (Member member in node.Members.Members)
        {
            if (member.IsVoter || Planted.Is(PlantedBug.LearnerCounted))
                counted[count++] = Counted(member.Id).Value;
        }
        counted = counted[..count];
        counted.Sort();
        var index = new LogIndex(counted[count - node.Members.Majority]);
        LogIndex before = node.Log.Commit;
        bool isOwn = node.Log.TryTermAt(index, out Term term) && term == node.Term;
        if ((!isOwn && !Planted.Is(PlantedBug.OldTermCommittedByCount)) || !node.Log.CommitTo(index))
            return;
        for (LogIndex done = before.Next(); done <= index; done = done.Next())
            _uncommittedBytes -= node.Log[done].SizeBytes;
        if (!node.Members.IsVoter(node.Self) && node.Log.MembersIndex <= index)
            Leave();
    }

    /// <summary>
    /// Takes note of a sign of life, and of what the member says of itself; false if it is from before a loss.
    /// </summary>
    public static bool Hear(Progress progress, Soundness soundness, long losses)
    {
        progress.IsActive = true;
        if (Planted.Is(PlantedBug.LossesNotCompared))
            losses = progress.Losses;
        if (losses < progress.Losses)
            return false;
        bool isLost = losses > progress.Losses
            || (soundness == Soundness.NeedsSnapshot && progress.Soundness != Soundness.NeedsSnapshot);
        if (isLost)
            progress.Lost();
        progress.Losses = losses;
        progress.Soundness = soundness;
        return true;
    }

    /// <summary>Sends each member what it lacks and may be sent.</summary>
    public void Send()
    {
        // In rounds of one each: members that are as far as each other get the same, which is written as bytes once.
        AppendRequest? latest = null;
        bool isMore = true;
        while (isMore)
        {
            isMore = false;
            foreach (Progress progress in _others)
                isMore |= SendTo(progress, ref latest);
        }
    }

    private LogIndex Counted(NodeId id)
    {
        if (id != node.Self)
            return Find(id)!.Counted;
        return Planted.Is(PlantedBug.OwnCopyCountedBeforeSync) ? node.Log.LastIndex : node.Log.Durable;
    }

    private void Append(EntryKind kind, ReadOnlyMemory<byte> meta, ReadOnlyMemory<byte> body)
    {
        var entry = new RaftEntry
        {
            Index = node.Log.LastIndex.Next(),
            Term = node.Term,
            Kind = kind,
            Meta = meta,
            Body = body,
            PayloadBytes = meta.Length + body.Length,
        };
        node.Log.Append(entry);
        _uncommittedBytes += entry.SizeBytes;
    }

    private void MembersChanged()
    {
        _others.RemoveAll(progress => !node.Members.Contains(progress.Id));
        foreach (Member member in node.Members.Members)
        {
            if (member.Id != node.Self && Find(member.Id) is null)
                _others.Add(new Progress(member.Id, node.Log.LastIndex.Next()));
        }
        _others.Sort((one, other) => one.Id.CompareTo(other.Id));
    }

    // Sends one append; false: there is no need, or no room.
    private bool SendTo(Progress progress, ref AppendRequest? latest)
    {
        if (!progress.CanSend(node.Options))
            return false;
        if (progress.Soundness == Soundness.NeedsSnapshot || progress.Next <= node.Log.CompactedIndex)
        {
            node.Sending.Begin(progress);
            return false;
        }
        bool mayHaveEntries = progress.Next <= node.Log.LastIndex && progress.HasRoom(node.Options);
        // The answer to what is on its way, or the next append, brings the commit along; heartbeats find what is lost.
        bool isBehind = progress.State == ProgressState.Replicate && progress.InflightAppends == 0
            && progress.SentCommit < node.Log.Commit;
        if (!mayHaveEntries && !progress.IsAsked && !isBehind)
            return false;
        LogIndex previous = progress.Next.Previous();
        if (latest is null || latest.PreviousIndex != previous || latest.Entries.IsEmpty == mayHaveEntries)
            latest = AppendBehind(previous, mayHaveEntries);
        node.Send(progress.Id, latest);
        int bytes = 0;
        foreach (ref readonly RaftEntry entry in latest.Entries.AsSpan())
            bytes += entry.SizeBytes;
        progress.Sent(new LogIndex(previous.Value + latest.Entries.Length), bytes, latest.Commit);
        return true;
    }

    private AppendRequest AppendBehind(LogIndex previous, bool hasEntries)
    {
        bool isThere = node.Log.TryTermAt(previous, out Term term);
        Invariant.Holds(isThere, "an append follows an entry that is not in the log");
        return new AppendRequest(node.Term)
        {
            PreviousIndex = previous,
            PreviousTerm = term,
            Commit = node.Log.Commit,
            Entries = hasEntries ? EntriesFrom(previous.Next()) : [],
        };
    }

    /// <summary>As many as one append may hold, one at least.</summary>
    private ImmutableArray<RaftEntry> EntriesFrom(LogIndex first)
    {
        int mostBytes = node.Log[first].IsInMemory ? node.Options.AppendBytes : node.Options.LaggingAppendBytes;
        LogIndex end = first.Next();
        for (int bytes = node.Log[first].SizeBytes; end <= node.Log.LastIndex; end = end.Next())
        {
            bytes += node.Log[end].SizeBytes;
            if (bytes > mostBytes)
                break;
        }
        var entries = new RaftEntry[end.Value - first.Value];
        for (int place = 0; place < entries.Length; place++)
            entries[place] = node.Log[new LogIndex(first.Value + place)];
        return ImmutableCollectionsMarshal.AsImmutableArray(entries);
    }

    private void TransferIfReady(Progress progress)
    {
        if (progress.Id == TransferTo && progress.Match == node.Log.LastIndex)
            node.Send(progress.Id, new TimeoutNow(node.Term));
    }

    /// <summary>
    /// The leader has removed itself, and that is committed: the others hear so, and the one that has most is asked to
    /// take over.
    /// </summary>
    private void Leave()
    {
        foreach (Progress progress in _others)
            progress.IsAsked = true;
        Send();
        Progress? next = _others
            .Where(progress => progress.Soundness == Soundness.Sound && node.Members.IsVoter(progress.Id))
            .MaxBy(progress => progress.Match);
        if (next is not null && next.Match == node.Log.LastIndex)
            node.Send(next.Id, new TimeoutNow(node.Term));
        node.BecomeFollower(node.Term, NodeId.None);
    }
}
