namespace Warren.Storage.Disk;

/// <summary>
/// The seam between the node log and the machine's disk: one directory, and files named by paths relative to it with
/// '/' between their parts. What a crash may do to each operation is told in docs/formats/node-log.md: nothing is
/// durable before the matching sync, neither bytes (<see cref="IDiskFile.Sync"/>) nor names
/// (<see cref="SyncDirectory"/>).
/// The disk's refusals are <see cref="DiskException"/>. A caller's own mistake, such as a path that leaves the
/// directory or a negative offset, is an <see cref="ArgumentException"/>.
/// </summary>
public interface IDisk
{
    /// <summary>Bytes that can still be written for the node's user.</summary>
    long FreeBytes { get; }

    /// <summary>Bytes of the whole file system, used or free.</summary>
    long TotalBytes { get; }

    /// <summary>The names of a directory's files, not directories, in ordinal order; empty if there is none.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Makes a directory and its parents; nothing if it is there.</summary>
    void MakeDirectory(string directory);

    /// <summary>
    /// Makes a file that must not be there, in a directory that must, with <paramref name="allocateBytes"/> reserved
    /// for it: its size, all zeros. When it fails, an empty file may be left.
    /// </summary>
    IDiskFile Create(string path, long allocateBytes);

    /// <summary>Opens a file that must be there, to read and write.</summary>
    IDiskFile Open(string path);

    /// <summary>Renames a file, replacing one of the new name in one step, which a crash never splits.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file; nothing if there is none. Files that are open can still be used.</summary>
    void Delete(string path);

    /// <summary>Makes the names of a directory durable: what was created, renamed or deleted in it before.</summary>
    void SyncDirectory(string directory);
}
