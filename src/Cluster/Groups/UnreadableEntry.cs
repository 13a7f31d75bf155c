using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>An entry of a group that this member should have and cannot read.</summary>
/// <param name="Index">Its own.</param>
/// <param name="Outcome">What came of reading it.</param>
public readonly record struct UnreadableEntry(LogIndex Index, ReadOutcome Outcome)
{
    /// <param name="index">Its own.</param>
    /// <param name="isRefused">The disk refuses to read it; else it is damaged.</param>
    public static UnreadableEntry Of(long index, bool isRefused) =>
        new(new LogIndex(index), isRefused ? ReadOutcome.Unreadable : ReadOutcome.Damaged);

    /// <summary>What is told of it.</summary>
    public override string ToString() => Outcome switch
    {
        ReadOutcome.Unreadable => $"entry {Index} of its log cannot be read here, since the disk refuses to",
        ReadOutcome.Gone => $"entry {Index} of its log is not where it was written here",
        _ => $"entry {Index} of its log cannot be read here, since its record is damaged",
    };
}
