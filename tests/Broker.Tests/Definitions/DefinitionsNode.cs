using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Durability;
using Warren.Fuzz.Connections;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;

namespace Warren.Broker.Tests.Definitions;

/// <summary>A broker without clients, on one thread, whose log is committed when the test says so.</summary>
internal sealed class DefinitionsNode : IDisposable, IStorageWatcher
{
    private static readonly NodeLogOptions SmallLog = new() { SegmentBytes = 64 * 1024, ReserveBytes = 0 };

    private readonly SimulatedTurns _turns = new(new Random(1));

    public DefinitionsNode(IDisk disk, BrokerOptions? options = null, NodeLogOptions? log = null)
    {
        LogOptions = log ?? SmallLog;
        Broker = new MessageBroker(
            options ?? new BrokerOptions(), _turns, Time, new Random(1), (_, _, line) => Lines.Add(line),
            new StorageSetup(disk, LogOptions, this, () => { }));
    }

    public ManualTime Time { get; } = new();

    public MessageBroker Broker { get; }

    public List<string> Lines { get; } = [];

    public NodeLogOptions LogOptions { get; }

    public NodeLog Log => Broker.Storage!;

    public DefinitionsStore Store => Broker.Definitions;

    public string Text => DefinitionsText.Of(Broker);

    /// <summary>Makes everything durable, and lets everybody hear of it.</summary>
    public void Commit()
    {
        while (Log.CommitRound() == CommitOutcome.Committed)
            Run();
        Run();
    }

    public void Run() => _turns.Run(int.MaxValue);

    public void Do(params ReadOnlySpan<DefinitionsEntry> entries)
    {
        Store.Commit(entries);
        Run();
    }

    public void Dispose() => Broker.Dispose();

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) => Lines.Add(message);

    void IStorageWatcher.Failed(StorageFailedException error) => Lines.Add(error.Message);

    void IStorageWatcher.Damaged(string message) => Lines.Add(message);
}
