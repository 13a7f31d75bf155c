using Warren.Storage.Disk;

namespace Warren.Server.Tests.Cluster;

/// <summary>A disk on which something happens whenever a file is made or deleted, such as a refusal.</summary>
/// <param name="disk">Does what is done.</param>
/// <param name="before">Gets the path; what it throws, whoever asked the disk gets.</param>
internal sealed class HookedDisk(IDisk disk, Action<string> before) : IDisk
{
    public long FreeBytes => disk.FreeBytes;

    public long TotalBytes => disk.TotalBytes;

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public void MakeDirectory(string directory) => disk.MakeDirectory(directory);

    public IDiskFile Create(string path, long allocateBytes)
    {
        before(path);
        return disk.Create(path, allocateBytes);
    }

    public IDiskFile Open(string path) => disk.Open(path);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path)
    {
        before(path);
        disk.Delete(path);
    }

    public void SyncDirectory(string directory) => disk.SyncDirectory(directory);
}
