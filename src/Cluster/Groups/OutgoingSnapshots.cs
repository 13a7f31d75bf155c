using Warren.Cluster.Consensus;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Cluster.Groups;

/// <summary>
/// The snapshots that a leader sends, one to a member at most. How many are on their way from this node the owner says.
/// </summary>
internal sealed class OutgoingSnapshots(RaftGroup group)
{
    private LazyDictionary<NodeId, OutgoingSnapshot> _snapshots;

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

    public void Clear()
    {
        if (_snapshots.Count == 0)
            return;
        foreach (NodeId to in _snapshots.Keys.ToArray())
            End(to);
    }

    /// <summary>Those go that nobody waits for any more: the member is gone, or was given up.</summary>
    public void Forget()
    {
        if (_snapshots.Count == 0)
            return;
        foreach ((NodeId to, OutgoingSnapshot snapshot) in _snapshots.Filled().ToArray())
        {
            if (group.Node.Replication.Find(to)?.Snapshot?.Attempt != snapshot.Demand.Attempt)
                End(to);
        }
    }

    /// <summary>An entry is live no more.</summary>
    public void Ended(LogIndex index)
    {
        foreach (OutgoingSnapshot snapshot in _snapshots.Values)
            snapshot.Ended(index);
    }

    /// <summary>A member wants a chunk.</summary>
    public void Demand(SnapshotDemand demand)
    {
        if (demand.Offset == 0)
        {
            End(demand.To);
            _snapshots.Add(demand.To, new OutgoingSnapshot(demand));
        }
        else if (_snapshots.TryGetValue(demand.To, out OutgoingSnapshot? snapshot)
            && snapshot.Demand.Attempt == demand.Attempt)
        {
            snapshot.Demand = demand;
            snapshot.IsWanted = true;
        }
    }

    /// <summary>
    /// Goes on with a chunk that is wanted, or reads what the next will hold while the one before is on its way; false
    /// if there is nothing to do.
    /// </summary>
    public bool ReadNext()
    {
        foreach (OutgoingSnapshot snapshot in _snapshots.Values)
        {
            if (snapshot.Last is not null || !MayBegin(snapshot))
                continue;
            if (snapshot.Ahead is not null)
            {
                if (!snapshot.IsWanted)
                    continue;
                SendChunk(snapshot);
                return true;
            }
            List<LiveEntry> next = snapshot.Next(group.Owner, group.Options.SnapshotChunkBytes);
            if (next.Count == 0 && !snapshot.IsWanted)
                continue;
            var wanted = next.FindAll(entry => !IsInMemory(entry.Index));
            if (wanted.Count > 0)
                group.Reading.Begin(wanted, read => Take(snapshot, next, read));
            else
                Take(snapshot, next, null);
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
            End(snapshot.Demand.To);
        }
    }

    private bool MayBegin(OutgoingSnapshot snapshot) =>
        snapshot.HasBegun || (snapshot.HasBegun = group.Owner.TryBeginSnapshot(snapshot.Demand.To));

    private void End(NodeId to)
    {
        if (_snapshots.Remove(to, out OutgoingSnapshot? snapshot) && snapshot.HasBegun)
            group.Owner.EndSnapshot(to);
    }

    private bool IsInMemory(LogIndex index) =>
        index > group.Node.Log.CompactedIndex && group.Node.Entry(index).IsInMemory;

    private void Take(OutgoingSnapshot snapshot, List<LiveEntry> next, PayloadRead? read)
    {
        if (_snapshots.GetValueOrDefault(snapshot.Demand.To) != snapshot)
            return;
        if (read is not null && read.Outcome != ReadOutcome.Whole && IsLost(read))
        {
            if (group.Owner.TakesCareOf(read.Unreadable))
                End(snapshot.Demand.To);
            else
                group.BecomeUnsound(read.Unreadable.ToString());
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
        snapshot.Ahead = have;
    }

    private void SendChunk(OutgoingSnapshot snapshot)
    {
        List<RaftEntry> entries = snapshot.Ahead!;
        snapshot.Ahead = null;
        int mostBytes = group.Options.SnapshotChunkBytes;
        if (!snapshot.TryMakeChunk(
            group.Owner, entries, mostBytes, out ReadOnlyMemory<byte> bytes, out bool isLast))
            return;
        snapshot.IsWanted = false;
        if (isLast)
        {
            snapshot.Last = (bytes, group.Applied);
            SendLastChunks();
        }
        else if (!group.Node.SendChunk(snapshot.Demand, bytes, null))
        {
            End(snapshot.Demand.To);
        }
    }

    /// <summary>What could not be read is not just gone, or somewhere else by now.</summary>
    private bool IsLost(PayloadRead read)
    {
        LiveEntry tried = read.Wanted[read.Entries.Count];
        return read.Outcome != ReadOutcome.Gone
            || (group.Owner.TryNextLive(tried.Index.Previous(), out LiveEntry now) && now == tried);
    }
}
