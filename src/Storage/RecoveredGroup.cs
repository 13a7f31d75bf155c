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
            SharedBody = row.SharedBody == 0 ? null : BodyOf(row.SharedBody),
            Meta = meta,
        };
        return true;
    }

    // One that is lost is nowhere, and cannot be read; its entries are not to pass for entries with none.
    private SharedBody BodyOf(long lsn)
    {
        if (!_bodies.TryGetValue(lsn, out SharedBody? body))
            _bodies.Add(lsn, body = new SharedBody(new Lsn(lsn), Position.None, 0));
        return body;
    }
}
