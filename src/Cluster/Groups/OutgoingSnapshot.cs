using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A live set on its way to one member, chunk by chunk, while it goes on changing: what was sent and is live no more
/// when the last chunk is made is named in that one. So the whole is complete at what is applied then.
/// </summary>
internal sealed class OutgoingSnapshot(SnapshotDemand demand)
{
    private readonly List<LogIndex> _sent = [];

    /// <summary>What the member wants next.</summary>
    public SnapshotDemand Demand { get; set; } = demand;

    /// <summary>Wanted and not being made.</summary>
    public bool IsWanted { get; set; } = true;

    /// <summary>The last chunk, made, whose index is not committed yet.</summary>
    public (byte[] Bytes, LogIndex CompleteAt)? Last { get; set; }

    /// <summary>Everything up to here was sent.</summary>
    public LogIndex Sent => _sent.Count == 0 ? default : _sent[^1];

    /// <summary>Live entries for the next chunk.</summary>
    public List<LiveEntry> Next(RaftGroupOwner owner, int mostBytes)
    {
        var entries = new List<LiveEntry>();
        int bytes = 0;
        LogIndex after = Sent;
        while (bytes < mostBytes && owner.TryNextLive(after, out LiveEntry entry))
        {
            entries.Add(entry);
            bytes += entry.PayloadBytes + RaftEntry.OverheadBytes;
            after = entry.Index;
        }
        return entries;
    }

    /// <summary>
    /// Makes the chunk that the member wants, of what there was for it; false if there is nothing to send yet.
    /// </summary>
    public bool TryMakeChunk(RaftGroupOwner owner, List<RaftEntry> entries, out byte[] bytes, out bool isLast)
    {
        entries.RemoveAll(entry => !owner.IsLive(entry.Index));
        LogIndex sent = entries.Count > 0 ? entries[^1].Index : Sent;
        isLast = !owner.TryNextLive(sent, out _);
        List<LogIndex> gone = isLast ? _sent.FindAll(index => !owner.IsLive(index)) : [];
        foreach (RaftEntry entry in entries)
            _sent.Add(entry.Index);
        bytes = SnapshotContent.Write(Demand.Offset == 0, entries, gone);
        return isLast || entries.Count > 0;
    }
}
