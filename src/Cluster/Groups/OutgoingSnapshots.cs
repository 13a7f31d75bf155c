using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>The snapshots that a leader sends, one to a member at most.</summary>
internal sealed class OutgoingSnapshots(RaftGroup group)
{
    private readonly Dictionary<NodeId, OutgoingSnapshot> _snapshots = new(0);

    /// <summary>Made and not sent yet: entries behind this must stay.</summary>
    public LogIndex Limit(LogIndex most)
    {
        foreach (OutgoingSnapshot snapshot in _snapshots.Values)
        {
            if (snapshot.Last is { } last)
                most = IndexSteps.Lower(most, last.CompleteAt);
        }
        return most;
    }

    public void Clear() => _snapshots.Clear();

    /// <summary>A member wants a chunk.</summary>
    public void Demand(SnapshotDemand demand)
    {
        if (demand.Offset == 0)
        {
            _snapshots[demand.To] = new OutgoingSnapshot(demand);
        }
        else if (_snapshots.TryGetValue(demand.To, out OutgoingSnapshot? snapshot)
            && snapshot.Demand.Attempt == demand.Attempt)
        {
            snapshot.Demand = demand;
            snapshot.IsWanted = true;
        }
    }

    /// <summary>Goes on with the next chunk that is wanted; false if none is.</summary>
    public bool ReadNext()
    {
        foreach (OutgoingSnapshot snapshot in _snapshots.Values)
        {
            if (!snapshot.IsWanted)
                continue;
            List<LiveEntry> next = snapshot.Next(group.Owner, group.Options.SnapshotChunkBytes);
            var wanted = next.FindAll(entry => !IsInMemory(entry.Index));
            if (wanted.Count > 0)
                group.Reading.Begin(wanted, read => SendChunk(snapshot, next, read));
            else
                SendChunk(snapshot, next, null);
            return true;
        }
        return false;
    }

    /// <summary>
    /// A snapshot is complete at what is committed: in a group of one the owner may be ahead of that.
    /// </summary>
    public void SendLastChunks()
    {
        foreach (OutgoingSnapshot snapshot in _snapshots.Values)
        {
            if (snapshot.Last is not { } last || last.CompleteAt > group.Node.Log.Applied)
                continue;
            group.Node.SendChunk(snapshot.Demand, last.Bytes, last.CompleteAt);
            _snapshots.Remove(snapshot.Demand.To);
        }
    }

    private bool IsInMemory(LogIndex index) =>
        index > group.Node.Log.CompactedIndex && group.Node.Entry(index).IsInMemory;

    private void SendChunk(OutgoingSnapshot snapshot, List<LiveEntry> next, PayloadRead? read)
    {
        if (_snapshots.GetValueOrDefault(snapshot.Demand.To) != snapshot)
            return;
        if (read is not null && read.Outcome != ReadOutcome.Whole && IsLost(read))
        {
            group.BecomeUnsound();
            return;
        }
        // What is missing in the middle was released meanwhile, or left memory: the next try gets it.
        var have = new List<RaftEntry>();
        int place = 0;
        foreach (LiveEntry entry in next)
        {
            if (read is not null && place < read.Wanted.Count && read.Wanted[place].Index == entry.Index)
            {
                if (place == read.Entries.Count)
                    break;
                have.Add(read.Entries[place++]);
            }
            else if (IsInMemory(entry.Index))
            {
                have.Add(group.Node.Entry(entry.Index));
            }
            else
            {
                break;
            }
        }
        if (snapshot.TryMakeChunk(group.Owner, have, out byte[] bytes, out bool isLast))
        {
            snapshot.IsWanted = false;
            if (isLast)
                snapshot.Last = (bytes, group.Applied);
            else if (!group.Node.SendChunk(snapshot.Demand, bytes, null))
                _snapshots.Remove(snapshot.Demand.To);
        }
        if (snapshot.Last is not null)
            SendLastChunks();
    }

    /// <summary>What could not be read is not just gone, or somewhere else by now.</summary>
    private bool IsLost(PayloadRead read)
    {
        LiveEntry tried = read.Wanted[read.Entries.Count];
        return read.Outcome != ReadOutcome.Gone
            || (group.Owner.TryNextLive(tried.Index.Previous(), out LiveEntry now) && now == tried);
    }
}
