namespace Warren.Storage.Disk;

/// <summary>What changes a disk, and may fail.</summary>
public enum DiskOperationKind
{
    MakeDirectory,
    Create,
    Rename,
    Delete,
    SyncDirectory,
    Write,
    SetLength,
    Sync,
}
