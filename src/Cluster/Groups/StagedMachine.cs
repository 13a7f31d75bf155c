using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The machine that a leader's snapshot makes, beside the one that is there, until it is whole. Owned by the turn of
/// the group. Dropped without a word if it never is.
/// </summary>
public abstract class StagedMachine
{
    /// <summary>A live entry, by rising index. It has its body in memory.</summary>
    public abstract void Restore(in RestoredEntry entry);

    /// <summary>One that came is live no more; nothing if something that came later has ended it already.</summary>
    public abstract void Remove(LogIndex index);

    /// <summary>Entries lie elsewhere now: who holds an old position replaces it.</summary>
    public abstract void Moved(IReadOnlyList<MovedEntry> entries);

    /// <summary>It is whole, and takes the place of the machine that is there.</summary>
    public abstract void Install();
}
