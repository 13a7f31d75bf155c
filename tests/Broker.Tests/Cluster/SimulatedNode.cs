using System.Collections.Immutable;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Fuzz.Connections;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>A node of a simulated cluster: a broker on a disk that outlives it.</summary>
internal sealed class SimulatedNode(
    int number, SimulatedNetwork network, ManualTime time, Random random, ClusterTruth truth) : IStorageWatcher
{
    private static readonly NodeLogOptions SmallLog = new() { SegmentBytes = 64 * 1024, ReserveBytes = 0 };
    private static readonly RaftOptions Options = new();

    private SimulatedTurns? _life;
    private long _checked;
    private StorageBackground? _background;

    public NodeId Id { get; } = Samples.Node(number);

    public string Name { get; } = $"rabbit@host{number}";

    public FaultyDisk Disk { get; set; } = new();

    public MessageBroker? Broker { get; private set; }

    public SimulatedTransport? Transport { get; private set; }

    public List<string> Lines { get; } = [];

    /// <summary>How a new directory begins.</summary>
    public ImmutableArray<NodeId> Founders { get; init; } = [];

    public int GraceMs { get; init; } = 3000;

    public bool IsUp => Broker is not null;

    public bool IsServing =>
        Broker?.Cluster.Status.IsServing == true && Broker.Cluster.WhenServing.IsCompletedSuccessfully;

    public DefinitionsStore Store => Broker!.Definitions;

    public void Start()
    {
        _life = new SimulatedTurns(random);
        _checked = 0;
        Transport = new SimulatedTransport(network, Id, Options);
        Assert.True(NodeName.TryParse(Name, out NodeName name));
        Broker = new MessageBroker(
            new BrokerOptions { NodeName = Name }, _life, time, new Random(random.Next()),
            (_, _, line) => Lines.Add(line), new StorageSetup(Disk, SmallLog, this, static () => { }),
            new ClusterSetup
            {
                Self = Id,
                Name = name,
                Address = $"10.0.0.{number}",
                Peers = Transport,
                Transport = Transport,
                Options = Options,
                Founders = Founders,
                PatienceMs = 5000,
                SessionGraceMs = GraceMs,
            });
        _background = new StorageBackground(Broker.Storage!, SmallLog, this);
        network.Add(Transport);
    }

    /// <summary>The power is cut.</summary>
    public void Crash()
    {
        if (Broker is null)
            return;
        Broker.Dispose();
        network.Remove(Transport!);
        Disk = Disk.Crash(random);
        Broker = null;
    }

    /// <summary>Some of what waits is done.</summary>
    public void Work(bool isQuick)
    {
        if (Broker is null)
            return;
        _life!.Run(isQuick ? int.MaxValue : random.Next(4));
        if (isQuick || random.Next(3) == 0)
            Broker.Storage!.CommitRound();
        if (random.Next(40) == 0)
            _background!.RunOnce();
        if (random.Next(200) == 0)
            _background!.MakeCheckpoint();
        Transport!.BeatIfHasty();
        if (_life.AreWaiting || _checked == Store.State.LastIndex)
            return;
        _checked = Store.State.LastIndex;
        truth.Check(this);
    }

    public bool Has(string queue) => Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.Queues.TryGetValue(queue, out QueueDefinition? _);

    public override string ToString()
    {
        if (Broker is null)
            return $"{Name} is down";
        ClusterStatus status = Broker.Cluster.Status;
        return $"{Name} term {status.Term} leader {status.Leader} applied {status.Applied} "
            + $"last {Store.Group.LastIndex} commit {Store.Group.Commit} members {Store.Group.Members} "
            + $"serving {IsServing} settled {status.IsSettled} {Store.Group.Soundness}";
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message) => Lines.Add(message);

    void IStorageWatcher.Failed(StorageFailedException error) => throw error;

    void IStorageWatcher.Damaged(string message) => throw new InvalidOperationException(message);
}
