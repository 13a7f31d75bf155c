namespace Warren.Storage.Disk;

/// <summary>Without faults it is a disk like any other.</summary>
public sealed class FaultyDiskTests : DiskContract
{
    protected override IDisk Disk { get; } = new FaultyDisk();
}
