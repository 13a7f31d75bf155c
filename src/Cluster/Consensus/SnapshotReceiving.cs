using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// A follower hands a snapshot to its owner, chunk by chunk, and has it put in place as a whole. What came from another
/// leader, in another term or attempt, never goes into it; nor does one go on when the log has grown by another way.
/// </summary>
internal sealed class SnapshotReceiving(RaftNode node)
{
    private readonly List<StagedChunk> _chunks = [];
    private SnapshotInstall? _install;

    /// <summary>The owner has chunks, or will have, that are not installed.</summary>
    private bool _isStaged;

    /// <summary>What the owner has is to go.</summary>
    private bool _drops;

    /// <summary>0: nothing is coming in.</summary>
    private long _attempt;

    /// <summary>Bytes of the attempt that are staged.</summary>
    private long _received;

    /// <summary>Of an attempt that is complete: what it was complete at, for who asks again.</summary>
    private LogIndex? _installed;

    /// <summary>What an unsound member must have, durably, to count again; 0: it awaits a snapshot.</summary>
    private LogIndex _soundAt;

    public void OnChunk(NodeId from, SnapshotChunk chunk)
    {
        // As good as lost: what is to be put in place is not taken yet.
        if (chunk.Attempt < _attempt || _install is not null)
            return;
        if (chunk.Losses != node.Losses && !Planted.Is(PlantedBug.LossesNotCompared))
        {
            Answer(from, chunk, SnapshotOutcome.Restart);
            return;
        }
        bool isNew = chunk.Attempt != _attempt;
        if (isNew && chunk.Offset != 0)
        {
            Answer(from, chunk, SnapshotOutcome.Restart);
            return;
        }
        if (isNew)
        {
            (_attempt, _received, _installed) = (chunk.Attempt, 0, null);
            Drop();
        }
        if (_installed is not null)
        {
            AnswerInstalled(from, chunk);
            return;
        }
        if (chunk.Offset > _received)
        {
            // Only one that was started again, and got an old copy of the first chunk, has less than was answered.
            Answer(from, chunk, SnapshotOutcome.Restart);
            return;
        }
        bool isWhole = chunk.Checksum == ChunkChecksum.Of(chunk.Offset, chunk.Bytes.Span)
            || Planted.Is(PlantedBug.ChunkNotChecked);
        if (chunk.Offset == _received && isWhole)
        {
            bool isAnew = node.Soundness == Soundness.NeedsSnapshot;
            _chunks.Add(new StagedChunk(_received, chunk.Bytes, chunk.End is not null, isAnew));
            _isStaged = true;
            _received += chunk.Bytes.Length;
            if (chunk.End is not null)
            {
                Complete(chunk.End);
                AnswerInstalled(from, chunk);
                return;
            }
        }
        Answer(from, chunk, SnapshotOutcome.Continue);
    }

    /// <summary>The term has changed: what came in is worth nothing.</summary>
    public void Abandon()
    {
        if (Planted.Is(PlantedBug.SnapshotResumed))
            return;
        (_attempt, _received, _installed) = (0, 0, null);
        Drop();
    }

    /// <summary>The log changes by another way, and what came in lies where it is to be written.</summary>
    public void Interrupt()
    {
        if (!_isStaged || Planted.Is(PlantedBug.SnapshotNotInterrupted))
            return;
        _received = 0;
        Drop();
    }

    public void Take(Ready ready)
    {
        ready.DropsStaged = _drops;
        ready.Chunks.AddRange(_chunks);
        ready.Install = _install;
        _chunks.Clear();
        _install = null;
        _drops = false;
    }

    /// <summary>
    /// An unsound member counts again when it has, durably, all that its leader knew to be committed when the snapshot
    /// was complete: whatever it once acknowledged is among that.
    /// </summary>
    public void OnPersisted()
    {
        if (node.Soundness != Soundness.CatchingUp || node.Log.Durable < _soundAt)
            return;
        node.SetSoundness(Soundness.Sound);
        node.BecameSound = true;
        if (!node.Leader.IsNone)
        {
            // What is durable may reach beyond what this leader has compared; the snapshot's leader had all of this.
            node.SendDurable(node.Leader, new AppendAnswer(node.Term)
            {
                Index = node.Log.Commit,
                Soundness = Soundness.Sound,
                Losses = node.Losses,
            });
        }
    }

    private void Complete(SnapshotEnd end)
    {
        RaftLog log = node.Log;
        bool isSound = node.Soundness == Soundness.Sound;
        if (node.Soundness != Soundness.NeedsSnapshot && end.Index <= log.Commit)
        {
            _installed = log.Commit;
            Drop();
            return;
        }
        if (isSound && log.Matches(end.Index, end.Term))
        {
            // The entries came by another way. They are as good as the snapshot, and need nothing put in place.
            log.CommitTo(end.Index);
            _installed = end.Index;
            Drop();
            return;
        }
        _isStaged = false;
        log.Reset(end.Index, end.Term, end.Members);
        node.NoteTruncated(new LogIndex(1));
        _install = new SnapshotInstall(end.Index, end.Term);
        _installed = end.Index;
        node.NoteStateChanged();
        if (isSound)
            return;
        _soundAt = end.Commit;
        node.SetSoundness(Soundness.CatchingUp);
    }

    private void Drop()
    {
        if (!_isStaged)
            return;
        _isStaged = false;
        _drops = true;
        _chunks.Clear();
    }

    private void AnswerInstalled(NodeId to, SnapshotChunk chunk)
    {
        var answer = new SnapshotAnswer(node.Term)
        {
            Attempt = chunk.Attempt,
            Outcome = SnapshotOutcome.Installed,
            Index = _installed!.Value,
            Soundness = node.Soundness,
            Losses = node.Losses,
        };
        if (Planted.Is(PlantedBug.SnapshotNotSynced))
            node.Send(to, answer);
        else
            node.SendDurable(to, answer);
    }

    private void Answer(NodeId to, SnapshotChunk chunk, SnapshotOutcome outcome) =>
        node.Send(to, new SnapshotAnswer(node.Term)
        {
            Attempt = chunk.Attempt,
            Outcome = outcome,
            Offset = _received,
            Soundness = node.Soundness,
            Losses = node.Losses,
        });
}
