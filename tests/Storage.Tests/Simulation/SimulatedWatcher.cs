namespace Warren.Storage.Tests.Simulation;

/// <summary>Remembers what the log told the node.</summary>
internal sealed class SimulatedWatcher : IStorageWatcher
{
    public List<string> Damages { get; } = [];

    public StorageFailedException? Failure { get; private set; }

    public bool IsOutOfSpace { get; private set; }

    public void SpaceChanged(bool isExhausted, string message) => IsOutOfSpace = isExhausted;

    public void Failed(StorageFailedException error) => Failure = error;

    public void Damaged(string message) => Damages.Add(message);
}
