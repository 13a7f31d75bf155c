namespace Warren.Storage.Disk;

/// <summary>What is to happen to an operation of a <see cref="FaultyDisk"/>.</summary>
/// <param name="Failure">What the caller is told.</param>
/// <param name="Partly">Draws how much of the operation is done before it fails; null for nothing.</param>
/// <param name="DropsUnsynced">A sync forgets what it did not write.</param>
internal sealed record DiskFault(DiskFailure Failure, Random? Partly, bool DropsUnsynced)
{
    public DiskException ToException(string operation, string path) =>
        new($"Cannot {operation} {path}: the disk was told to fail.", Failure);

    /// <summary>Whether an operation that is one step is done before it fails.</summary>
    public bool DoesItAnyway => Partly is not null && Partly.Next(2) == 0;
}
