using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A live set on its way to one member, chunk by chunk, while it goes on changing: what was sent and is live no more is
/// named in the next chunk. So the whole is complete at what is applied when the last chunk is made.
/// </summary>
internal sealed class OutgoingSnapshot(SnapshotDemand demand)
{
    // Sent, live no more, and not named yet. No range holds an entry that was not sent.
    private readonly List<IndexRange> _ended = [];
    private byte[] _buffer = [];

    /// <summary>What the member wants next.</summary>
    public SnapshotDemand Demand { get; set; } = demand;

    /// <summary>Wanted and not being made.</summary>
    public bool IsWanted { get; set; } = true;

    /// <summary>It is one of those that may be on their way.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Entries that were read for the next chunk: it goes as soon as it is wanted. Null: none.</summary>
    public List<RaftEntry>? Ahead { get; set; }

    /// <summary>The last chunk, made, whose index is not committed yet.</summary>
    public (ReadOnlyMemory<byte> Bytes, LogIndex CompleteAt)? Last { get; set; }

    /// <summary>Everything up to here was sent.</summary>
    public LogIndex Sent { get; private set; }

    /// <summary>An entry is live no more.</summary>
    public void Ended(LogIndex index)
    {
        if (index > Sent || Planted.Is(PlantedBug.GoneNotTold))
            return;
        if (_ended.Count > 0 && _ended[^1].Last.Next() == index)
            _ended[^1] = _ended[^1] with { Last = index };
        else
            _ended.Add(new IndexRange(index, index));
    }

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
    /// It takes the place of the chunk before, which has been answered: a copy of that one on its way would fail its
    /// checksum.
    /// </summary>
    public bool TryMakeChunk(
        RaftGroupOwner owner, List<RaftEntry> entries, int mostBytes, out ReadOnlyMemory<byte> bytes, out bool isLast)
    {
        entries.RemoveAll(entry => !owner.IsLive(entry.Index));
        List<LogIndex> gone = TakeEnded(Math.Max(1, mostBytes / 2 / SnapshotContent.GoneBytes));
        if (entries.Count > 0)
            Sent = entries[^1].Index;
        isLast = _ended.Count == 0 && !owner.TryNextLive(Sent, out _);
        bytes = SnapshotContent.Write(Demand.Offset == 0, entries, gone, ref _buffer);
        return isLast || entries.Count > 0 || gone.Count > 0;
    }

    private List<LogIndex> TakeEnded(int most)
    {
        var gone = new List<LogIndex>();
        int done = 0;
        for (; done < _ended.Count && gone.Count < most; done++)
        {
            (LogIndex index, LogIndex last) = (_ended[done].First, _ended[done].Last);
            for (; index <= last && gone.Count < most; index = index.Next())
                gone.Add(index);
            if (index > last)
                continue;
            _ended[done] = new IndexRange(index, last);
            break;
        }
        _ended.RemoveRange(0, done);
        return gone;
    }
}
