using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>A snapshot on its way to one member: one chunk at a time, kept until it is answered.</summary>
internal sealed class SnapshotTransfer(long attempt)
{
    public long Attempt { get; } = attempt;

    /// <summary>Where the chunk begins that the owner is to send.</summary>
    public long Wanted { get; private set; }

    /// <summary>The chunk that was sent and not answered; null while the owner has yet to bring it.</summary>
    public SnapshotChunk? Unanswered { get; private set; }

    /// <summary>Ticks since it was sent.</summary>
    public int QuietTicks { get; set; }

    /// <summary>What it is complete at, once the last chunk was sent: entries behind stay until it is there.</summary>
    public LogIndex? CompleteAt => Unanswered?.End?.Index;

    public void Sent(SnapshotChunk chunk)
    {
        Unanswered = chunk;
        QuietTicks = 0;
    }

    /// <summary>The follower goes on at an offset; true if the owner is to bring the next chunk.</summary>
    public bool Advance(long offset)
    {
        if (Unanswered is not { End: null } sent || offset != sent.Offset + sent.Bytes.Length)
            return false;
        Wanted = offset;
        Unanswered = null;
        return true;
    }
}
