using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Another member of a group, as <see cref="HeartbeatSlot"/> knows it at the leader.</summary>
internal struct SlotPeer
{
    public NodeId Id;
    public LogIndex Known;
    public long AnsweredRound;

    /// <summary>Of the node's next batch.</summary>
    public HeartbeatLines? Lines;

    /// <summary>The line of the last batch, and in how many before it was the same.</summary>
    public Heartbeat Said;
    public int SameBeats;

    /// <summary>It has all there is: its answer changes nothing but that it was heard.</summary>
    public bool IsSettled;

    /// <summary>Since the turn was told, or all were.</summary>
    public bool IsHeard;

    /// <summary>What the group's turn says of it now; what belongs to this place stays if it is the same.</summary>
    public readonly SlotPeer Next(RaftNode node, Progress progress)
    {
        // Says the round, which from now on nobody joins.
        node.TryHeartbeat(progress.Id, out Heartbeat heartbeat);
        SlotPeer next = Id == progress.Id ? this : default;
        next.Id = progress.Id;
        next.Known = heartbeat.Commit;
        next.AnsweredRound = progress.AnsweredRound;
        next.IsSettled = progress is { State: ProgressState.Replicate, Soundness: Soundness.Sound }
            && progress.Match == node.Log.LastIndex;
        return next;
    }

    /// <summary>Takes note of what a batch says; true: the same as so many before, and nothing is open.</summary>
    public bool IsSteady(in Heartbeat line, long round, int beats)
    {
        bool isSame = IsSettled && AnsweredRound >= round && line == Said;
        Said = line;
        SameBeats = isSame ? SameBeats + 1 : 0;
        return SameBeats >= beats;
    }
}
