using Warren.Storage.Recovery;

namespace Warren.Storage;

/// <summary>
/// A group as recovery found it. Its entries are read once, in order, during the call that brings it.
/// </summary>
public sealed class RecoveredGroup
{
    private readonly MergedState _state;
    private readonly GroupHead _head;
    private readonly Dictionary<long, SharedBody> _bodies;

    internal RecoveredGroup(MergedState state, GroupHead head, Dictionary<long, SharedBody> bodies)
    {
        _state = state;
        _head = head;
        _bodies = bodies;
    }

    public GroupId Id => _head.Id;

    /// <summary>The highest index that the group has given, released or not.</summary>
    public LogIndex LastIndex => _head.LastIndex;

    public Term LastTerm => _head.LastTerm;

    /// <summary>What the owner set last; empty if it never did.</summary>
    public ReadOnlyMemory<byte> State => _head.State;

    /// <summary>
    /// Damage took something of the group, or may have, now or before, and its owner has not said since that this is
    /// mended (<see cref="LogGroup.MarkSound"/>). Says all that is known when <see cref="TryNext"/> has returned false.
    /// </summary>
    public bool IsUnsound => _state.IsUnsound;

    /// <summary>
    /// Entries that are known to be lost, as <see cref="IsUnsound"/>; there may be more of which nothing is known.
    /// </summary>
    public long LostEntries => _state.LostEntries;

    /// <summary>The next live entry by index; false at the end.</summary>
    public bool TryNext(out RecoveredEntry entry)
    {
        entry = default;
        if (!_state.NextEntry(out EntryRow row, out ReadOnlySpan<byte> meta))
            return false;
        entry = new RecoveredEntry
        {
            Index = row.Index,
            Term = row.Term,
            Position = row.Position,
            BodyBytes = row.BodyBytes,
            SharedBody = row.SharedBody == 0 ? null : _bodies[row.SharedBody],
            Meta = meta,
        };
        return true;
    }
}
