namespace Warren.Storage;

/// <summary>What the node log tells the node as a whole. Called on the log's own threads.</summary>
public interface IStorageWatcher
{
    /// <summary>Nothing can be written for want of space, or it can again. Nothing is lost meanwhile.</summary>
    void SpaceChanged(bool isExhausted, string message);

    /// <summary>A write or a sync failed: the node must stop.</summary>
    void Failed(StorageFailedException error);

    /// <summary>Something was found damaged; what it is and what it costs is in the message.</summary>
    void Damaged(string message);
}
