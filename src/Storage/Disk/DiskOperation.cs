namespace Warren.Storage.Disk;

/// <summary>A change that a <see cref="FaultyDisk"/> is about to make.</summary>
/// <param name="Number">From 1, as <see cref="FaultyDisk.FailAt"/> counts.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Path">
/// The file, by the name under which it was opened, or the directory; of a rename the old name.
/// </param>
/// <param name="Offset">Where a write begins, in bytes; otherwise 0.</param>
/// <param name="LengthBytes">Of a write its bytes, of a creation or a change of size the size; otherwise 0.</param>
public readonly record struct DiskOperation(
    long Number, DiskOperationKind Kind, string Path, long Offset, long LengthBytes);
