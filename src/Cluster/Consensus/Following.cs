using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What a follower makes of its leader's appends (thesis, section 3.5). It says that it has entries only when they are
/// durable; what it had that the leader has not is taken back.
/// </summary>
internal sealed class Following(RaftNode node, SnapshotReceiving receiving)
{
    public void OnAppend(NodeId from, AppendRequest request)
    {
        RaftLog log = node.Log;
        if (node.Soundness == Soundness.NeedsSnapshot)
        {
            Reject(from, request.PreviousIndex, default, default);
            return;
        }
        if (request.PreviousIndex < log.Commit)
        {
            // Old, or from a leader that has yet to learn how far this member is.
            Accept(from, log.Commit);
            return;
        }
        if (!log.Matches(request.PreviousIndex, request.PreviousTerm))
        {
            LogIndex hint = log.HighestWithin(request.PreviousIndex, request.PreviousTerm);
            bool isThere = log.TryTermAt(hint, out Term term);
            Invariant.Holds(isThere, "a hint names no entry");
            Reject(from, request.PreviousIndex, hint, term);
            return;
        }
        foreach (RaftEntry entry in request.Entries)
        {
            if (log.Matches(entry.Index, entry.Term))
                continue;
            receiving.Interrupt();
            if (entry.Index <= log.LastIndex)
            {
                log.TruncateFrom(entry.Index);
                node.NoteTruncated(entry.Index);
            }
            log.Append(entry);
        }
        var last = new LogIndex(request.PreviousIndex.Value + request.Entries.Length);
        log.CommitTo(IndexSteps.Lower(request.Commit, last));
        Accept(from, last);
    }

    private void Accept(NodeId to, LogIndex index)
    {
        var answer = new AppendAnswer(node.Term) { Index = index, Soundness = node.Soundness, Losses = node.Losses };
        if (Planted.Is(PlantedBug.AcknowledgedBeforeSync))
            node.Send(to, answer);
        else
            node.SendDurable(to, answer);
    }

    /// <summary>Says that the entry at an index is not the leader's, or that it is of no use here.</summary>
    public void Reject(NodeId to, LogIndex index, LogIndex hint, Term hintTerm) =>
        node.Send(to, new AppendAnswer(node.Term)
        {
            Index = index,
            IsRejected = true,
            HintIndex = hint,
            HintTerm = hintTerm,
            Soundness = node.Soundness,
            Losses = node.Losses,
        });
}
