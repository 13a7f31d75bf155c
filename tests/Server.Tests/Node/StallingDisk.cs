using Warren.Storage.Disk;

namespace Warren.Server.Tests.Node;

/// <summary>A disk whose syncs of files end only while it goes on.</summary>
internal sealed class StallingDisk(IDisk disk, ManualResetEventSlim goesOn) : IDisk
{
    public long FreeBytes => disk.FreeBytes;

    public long TotalBytes => disk.TotalBytes;

    public IReadOnlyList<string> List(string directory) => disk.List(directory);

    public void MakeDirectory(string directory) => disk.MakeDirectory(directory);

    public IDiskFile Create(string path, long allocateBytes) =>
        new StallingFile(disk.Create(path, allocateBytes), goesOn);

    public IDiskFile Open(string path) => new StallingFile(disk.Open(path), goesOn);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void SyncDirectory(string directory) => disk.SyncDirectory(directory);

    private sealed class StallingFile(IDiskFile file, ManualResetEventSlim goesOn) : IDiskFile
    {
        public long LengthBytes => file.LengthBytes;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) => file.Write(offset, pieces);

        public void Sync()
        {
            goesOn.Wait();
            file.Sync();
        }

        public void SetLength(long lengthBytes) => file.SetLength(lengthBytes);

        public void Dispose() => file.Dispose();
    }
}
