using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// Which entries of a snapshot this member has on its disk, and where. A sound member has all of those that its log
/// shares with the leader's: what is live later was live there, and machines are equal at equal indexes.
/// </summary>
internal sealed class SnapshotPlacing
{
    private readonly List<(RaftEntry Entry, Position Position)> _entries = [];

    public SnapshotPlacing(IEnumerable<RaftEntry> snapshot, GroupPositions positions, RaftGroupOwner owner)
    {
        foreach (RaftEntry entry in snapshot)
        {
            Position position = Position.None;
            if (entry.Index > positions.Before)
            {
                if (positions.Matches(entry.Index, entry.Term))
                    position = positions[entry.Index];
            }
            else if (owner.TryNextLive(entry.Index.Previous(), out LiveEntry live) && live.Index == entry.Index)
            {
                position = live.Position;
            }
            else
            {
                IsWhole = false;
            }
            _entries.Add((entry, position));
        }
    }

    /// <summary>False: something that this member let go is live at the leader.</summary>
    public bool IsWhole { get; } = true;

    /// <summary>By rising index, with where each lies; none: nowhere.</summary>
    public IReadOnlyList<(RaftEntry Entry, Position Position)> Entries => _entries;

    /// <summary>
    /// The first that has to be written. What this member has there or above is not the leader's, and so was never
    /// committed: it may go at once.
    /// </summary>
    public LogIndex FirstMissing(LogIndex end)
    {
        LogIndex first = end.Next();
        for (int place = _entries.Count - 1; place >= 0 && _entries[place].Position.IsNone; place--)
            first = _entries[place].Entry.Index;
        return first;
    }
}
