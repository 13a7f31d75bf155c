namespace Warren.Storage;

/// <summary>
/// What the node log tells the owner of a group. Called on the log's own threads: an owner posts to itself and returns.
/// </summary>
public interface IGroupOwner
{
    /// <summary>Every record of the group up to this LSN is on stable storage.</summary>
    void Durable(Lsn lsn);

    /// <summary>
    /// Records were copied. Whoever holds an old position replaces it, then completes the moves: only then does the old
    /// segment go.
    /// </summary>
    void Moved(MovedEntries moves);
}
