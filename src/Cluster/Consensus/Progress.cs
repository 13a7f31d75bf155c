using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What a leader knows of another member, and what it may send it. Lives as long as the leader's term, or the
/// membership. Invariant: match &lt; next.
/// </summary>
internal sealed class Progress(NodeId id, LogIndex next)
{
    private LazyQueue<(LogIndex Last, int SizeBytes)> _inflight;

    public NodeId Id { get; } = id;

    public ProgressState State { get; private set; } = ProgressState.Probe;

    /// <summary>Its log is ours up to here, durably, as far as it has told us.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The first that it is sent next.</summary>
    public LogIndex Next { get; private set; } = next;

    /// <summary>Heard from since quorums were checked last.</summary>
    public bool IsActive { get; set; } = true;

    /// <summary>While it is not sound, nothing that it says counts.</summary>
    public Soundness Soundness { get; set; }

    /// <summary>The most losses that it has told of.</summary>
    public long Losses { get; set; }

    /// <summary>The newest round of read barriers that it has confirmed.</summary>
    public long AnsweredRound { get; set; }

    /// <summary>The commit index that it was last sent.</summary>
    public LogIndex SentCommit { get; set; }

    /// <summary>Wants an append, if only an empty one: to learn where it stands.</summary>
    public bool IsAsked { get; set; } = true;

    /// <summary>The snapshot on its way, while <see cref="State"/> is <see cref="ProgressState.Snapshot"/>.</summary>
    public SnapshotTransfer? Snapshot { get; private set; }

    /// <summary>Bytes sent and not acknowledged.</summary>
    public int InflightBytes { get; private set; }

    public int InflightAppends => _inflight.Count;

    /// <summary>What counts for a commit.</summary>
    public LogIndex Counted => Soundness == Soundness.Sound ? Match : default;

    public bool CanSend(RaftOptions options) => State switch
    {
        ProgressState.Probe => IsAsked,
        ProgressState.Replicate => IsAsked || HasRoom(options),
        _ => false,
    };

    /// <summary>Entries may be on their way to it, beside those that are.</summary>
    public bool HasRoom(RaftOptions options) => State == ProgressState.Probe
        || (InflightBytes < options.InflightBytes && InflightAppends < options.InflightAppends);

    /// <summary>An append went out; in replication the next follows without waiting.</summary>
    public void Sent(LogIndex last, int sizeBytes, LogIndex commit)
    {
        IsAsked = false;
        SentCommit = IndexSteps.Higher(SentCommit, commit);
        if (State != ProgressState.Replicate || last < Next)
            return;
        Next = last.Next();
        _inflight.Enqueue((last, sizeBytes));
        InflightBytes += sizeBytes;
    }

    /// <summary>It has the log up to here; false if that is no news.</summary>
    public bool Acknowledge(LogIndex index)
    {
        while (_inflight.TryPeek(out (LogIndex Last, int SizeBytes) oldest) && oldest.Last <= index)
        {
            InflightBytes -= oldest.SizeBytes;
            _inflight.Dequeue();
        }
        bool isNews = index > Match;
        if (isNews)
            Match = index;
        Next = IndexSteps.Higher(Next, Match.Next());
        if (State == ProgressState.Probe)
            Replicate();
        return isNews;
    }

    /// <summary>What we thought was there is not; false if that is an old story.</summary>
    public bool Reject(LogIndex rejected, LogIndex hint)
    {
        if (State == ProgressState.Snapshot || rejected <= Match)
            return false;
        if (State == ProgressState.Probe && Next.Previous() != rejected)
            return false;
        if (State == ProgressState.Replicate)
        {
            Probe(Match.Next());
            return true;
        }
        Next = IndexSteps.Higher(IndexSteps.Lower(rejected, hint.Next()), Match.Next());
        IsAsked = true;
        return true;
    }

    public void BeginSnapshot(SnapshotTransfer snapshot)
    {
        Forget();
        State = ProgressState.Snapshot;
        Snapshot = snapshot;
    }

    /// <summary>The snapshot is there, or given up.</summary>
    public void EndSnapshot() => Probe(IndexSteps.Higher(Match.Next(), Next));

    /// <summary>What it had acknowledged may be lost with its disk's content: it starts again.</summary>
    public void Lost()
    {
        Match = default;
        Probe(Next);
    }

    private void Probe(LogIndex next)
    {
        Forget();
        State = ProgressState.Probe;
        Snapshot = null;
        Next = next;
        IsAsked = true;
    }

    private void Replicate()
    {
        Forget();
        State = ProgressState.Replicate;
        Next = Match.Next();
    }

    private void Forget()
    {
        _inflight.Clear();
        InflightBytes = 0;
    }
}
