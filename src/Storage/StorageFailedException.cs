namespace Warren.Storage;

/// <summary>
/// The log takes nothing any more, because a write or a sync failed: what the disk holds is not known, so the node
/// stops rather than promise anything.
/// </summary>
public sealed class StorageFailedException(string message, Exception? cause = null) : Exception(message, cause);
