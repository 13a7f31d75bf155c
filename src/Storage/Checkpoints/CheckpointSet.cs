using Warren.Storage.Disk;

namespace Warren.Storage.Checkpoints;

/// <summary>
/// The checkpoint files of a directory: the newest that is whole counts, and the one before it stays as long as no
/// newer has taken its place, together with all of the log behind it.
/// </summary>
internal static class CheckpointSet
{
    /// <summary>Numbers, newest first.</summary>
    public static IReadOnlyList<long> Numbers(IDisk disk) =>
        [.. disk.List(CheckpointName.Directory).Select(CheckpointName.Parse).OfType<long>().OrderDescending()];

    /// <summary>The highest number, of a whole one or not; 0: there is none.</summary>
    public static long NewestNumber(IDisk disk) => Numbers(disk) is { Count: > 0 } numbers ? numbers[0] : 0;

    /// <summary>The newest that is whole; what is not is told. Null: there is none.</summary>
    public static CheckpointReader? OpenNewest(IDisk disk, Action<string> damaged)
    {
        foreach (long number in Numbers(disk))
        {
            if (CheckpointReader.TryOpen(disk, number, out string? refusal) is { } reader)
                return reader;
            damaged(
                $"{CheckpointName.PathOf(number)} is damaged; an older checkpoint and more of the log are read "
                + $"instead{(refusal is null ? "" : ": " + refusal)}");
        }
        return null;
    }

    /// <summary>Removes all but two that are whole, and what was never finished.</summary>
    public static void RemoveOld(IDisk disk, long previous, long newest)
    {
        foreach (long number in Numbers(disk).Where(number => number != previous && number != newest))
            disk.Delete(CheckpointName.PathOf(number));
        foreach (string name in disk.List(CheckpointName.Directory))
        {
            if (name.EndsWith(CheckpointName.UnfinishedSuffix, StringComparison.Ordinal))
                disk.Delete(CheckpointName.Directory + "/" + name);
        }
        // Reclaim takes away what an older one than these needs: such a one must not come back.
        disk.SyncDirectory(CheckpointName.Directory);
    }
}
