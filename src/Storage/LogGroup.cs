using Warren.Storage.Log;

namespace Warren.Storage;

/// <summary>
/// One group's way into the node log, for its owner alone. Records of a group become durable in the order in which they
/// were appended; nothing waits here.
/// </summary>
public sealed class LogGroup
{
    private readonly NodeLog _log;

    internal LogGroup(NodeLog log, GroupId id, IGroupOwner owner)
    {
        _log = log;
        Id = id;
        Owner = owner;
    }

    public GroupId Id { get; }

    /// <inheritdoc cref="NodeLog.Boot"/>
    public long Boot => _log.Boot;

    internal IGroupOwner Owner { get; }

    /// <summary>The round in which it was last noted; under the log's lock.</summary>
    internal long NotedRound { get; set; }

    /// <summary>Its place among the groups of that round; under the log's lock.</summary>
    internal int NotedPlace { get; set; }

    /// <summary>Appends an entry and says where it will lie. The owner is told when it is durable.</summary>
    /// <exception cref="StorageFailedException">The log has failed.</exception>
    public Appended Append(in NewEntry entry) => _log.Append(this, in entry);

    /// <summary>
    /// Sets what the group must remember beside its entries, at most 65,535 bytes; replaces the last.
    /// </summary>
    /// <param name="state">What.</param>
    /// <param name="releases">
    /// Entries that are wanted no more with that, ranges by rising index: a crash leaves both or neither.
    /// </param>
    public Appended SetState(ReadOnlySpan<byte> state, ReadOnlySpan<IndexRange> releases = default) =>
        _log.AppendPlain(this, RecordKind.State, default, default, state, releases);

    /// <summary>Takes back all entries from this index on: the next one may have it.</summary>
    /// <param name="from">The first that is taken back.</param>
    /// <param name="before">The term of the entry before it.</param>
    public Appended Truncate(LogIndex from, Term before) =>
        _log.AppendPlain(this, RecordKind.Truncate, from, before, [], []);

    /// <summary>
    /// Remembers, through restarts and until <see cref="MarkSound"/>, that not all of the group's entries are there.
    /// </summary>
    /// <param name="lostEntries">As many as are known to be lost, with those of before.</param>
    public Appended MarkUnsound(long lostEntries) => _log.AppendMark(this, true, lostEntries);

    /// <summary>
    /// The owner has made good what was lost, or does without it (<see cref="RecoveredGroup.IsUnsound"/>).
    /// </summary>
    public Appended MarkSound() => _log.AppendMark(this, false, 0);

    /// <summary>
    /// Says that entries are wanted no more, without an entry of the group's own, and so, unlike all else, from any
    /// thread: whoever has taken over what they held may say so before anybody can see that he has. Nothing, and LSN 0,
    /// if the group has been dropped.
    /// </summary>
    /// <exception cref="StorageFailedException">The log has failed.</exception>
    public Lsn Release(IndexRange range) => _log.Release(this, range);

    /// <summary>Ends the group: nothing of it comes back, and its id is never used again.</summary>
    public Appended Drop() => _log.Drop(this);
}
