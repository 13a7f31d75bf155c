namespace Warren.Storage.Disk;

public sealed class MemoryDiskTests : DiskContract
{
    protected override IDisk Disk { get; } = new MemoryDisk();
}
