using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// A leader brings members that want entries which it has compacted what lies before its log. The content is the
/// owner's: it is asked for one chunk after the other, and says with the last what index the whole is complete at.
/// </summary>
internal sealed class SnapshotSending(RaftNode node)
{
    private readonly List<SnapshotDemand> _demands = [];
    private long _attempts;

    /// <summary>
    /// Begins, if the member is heard from; an unsound one is served by who knows all that was committed.
    /// </summary>
    public void Begin(Progress progress)
    {
        bool knowsAll = progress.Soundness == Soundness.Sound || node.HasCommittedInTerm;
        if (!progress.IsActive || !knowsAll)
        {
            progress.IsAsked = false;
            return;
        }
        Restart(progress);
    }

    /// <summary>A chunk from the owner; false if the attempt is over or another chunk is wanted.</summary>
    public bool Send(in SnapshotDemand demand, ReadOnlyMemory<byte> bytes, LogIndex? completeAt)
    {
        if (node.Replication.Find(demand.To) is not { Snapshot: { Unanswered: null } transfer } progress
            || transfer.Attempt != demand.Attempt || transfer.Wanted != demand.Offset)
            return false;
        var chunk = new SnapshotChunk(node.Term)
        {
            Attempt = demand.Attempt,
            Losses = progress.Losses,
            Offset = demand.Offset,
            Bytes = bytes,
            Checksum = ChunkChecksum.Of(demand.Offset, bytes.Span),
            End = completeAt is { } index ? End(index) : null,
        };
        transfer.Sent(chunk);
        node.Send(demand.To, chunk);
        return true;
    }

    public void OnAnswer(NodeId from, SnapshotAnswer answer)
    {
        if (node.Replication.Find(from) is not { Snapshot: { } transfer } progress
            || transfer.Attempt != answer.Attempt
            || !Replication.Hear(progress, answer.Soundness, answer.Losses))
            return;
        switch (answer.Outcome)
        {
            case SnapshotOutcome.Installed:
                node.Replication.Installed(progress, answer.Index);
                break;
            case SnapshotOutcome.Restart:
                Restart(progress);
                break;
            case SnapshotOutcome.Continue when transfer.Advance(answer.Offset):
                _demands.Add(new SnapshotDemand(from, transfer.Attempt, answer.Offset));
                break;
            case SnapshotOutcome.Continue when transfer.Unanswered?.Offset == answer.Offset:
                SendAgain(progress, transfer);
                break;
        }
    }

    public void Tick()
    {
        foreach (Progress progress in node.Replication.Others)
        {
            if (progress.Snapshot is { Unanswered: not null } transfer
                && ++transfer.QuietTicks > node.Options.ElectionTicks / 2)
                SendAgain(progress, transfer);
        }
    }

    public void Take(Ready ready)
    {
        ready.Demands.AddRange(_demands);
        _demands.Clear();
    }

    private void Restart(Progress progress)
    {
        var transfer = new SnapshotTransfer(++_attempts);
        progress.BeginSnapshot(transfer);
        _demands.Add(new SnapshotDemand(progress.Id, transfer.Attempt, 0));
    }

    private void SendAgain(Progress progress, SnapshotTransfer transfer)
    {
        transfer.QuietTicks = 0;
        node.Send(progress.Id, transfer.Unanswered!);
    }

    private SnapshotEnd End(LogIndex index)
    {
        Invariant.Holds(index <= node.Log.Applied, "a snapshot is complete at what is not applied");
        bool isThere = node.Log.TryTermAt(index, out Term term);
        Invariant.Holds(isThere, "a snapshot is complete at what is compacted");
        return new SnapshotEnd
        {
            Index = index,
            Term = term,
            Members = node.Log.MembersAt(index),
            Commit = node.Log.Commit,
        };
    }
}
