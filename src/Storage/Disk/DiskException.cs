namespace Warren.Storage.Disk;

/// <summary>The disk refused. The message names the operation, the path and what the system said.</summary>
public sealed class DiskException : IOException
{
    public DiskException(string message, DiskFailure failure = DiskFailure.Other, Exception? cause = null)
        : base(message, cause) => Failure = failure;

    public DiskFailure Failure { get; }
}
