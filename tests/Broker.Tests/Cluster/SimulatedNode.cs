using System.Collections.Immutable;
using System.Net;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Security;
using Warren.Broker.Tests.Cluster.Nodes;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Incidents;
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
    /// <summary>Checkpoints come by chance alone.</summary>
    public static readonly NodeLogOptions SmallLog = new() { SegmentBytes = 64 * 1024, ReserveBytes = 0 };

    private SimulatedTurns? _life;
    private long _checked;
    private StorageBackground? _background;
    private int _slowSteps;
    private long? _waitsSince;
    private int _stoodSteps;
    private long _connections;

    public NodeId Id { get; } = Samples.Node(number);

    public string Name { get; } = $"rabbit@host{number}";

    public FaultyDisk Disk { get; set; } = new();

    public MessageBroker? Broker { get; private set; }

    public SimulatedTransport? Transport { get; private set; }

    public List<string> Lines { get; } = [];

    /// <summary>What was told, if that is all that becomes of replicated queues.</summary>
    public TestReplication? Told { get; private set; }

    /// <summary>No queue is replicated: what a broker would be told of them is kept.</summary>
    public bool OnlyTells { get; init; }

    /// <summary>Makes who has the replicated queues; null: the broker's own.</summary>
    public Func<SimulatedNode, MessageBroker, ClusterSetup, IReplication>? Replicator { get; init; }

    public BrokerOptions Configuration { get; init; } = new();

    /// <summary>Of its disk.</summary>
    public NodeLogOptions Log { get; init; } = SmallLog;

    /// <summary>
    /// What the log does beside the turns it does when it has to, as its thread would, and not only by chance.
    /// </summary>
    public bool WorksAtOnce { get; init; }

    /// <summary>Of all groups. Snapshots of what tests have take more than one chunk.</summary>
    public RaftOptions Raft { get; init; } = new() { SnapshotChunkBytes = 8 * 1024 };

    /// <summary>How a new directory begins.</summary>
    public ImmutableArray<NodeId> Founders { get; init; } = [];

    public int GraceMs { get; init; } = 3000;

    public int PatienceMs { get; init; } = 5000;

    /// <inheritdoc cref="ClusterSetup.BalancingQuietMs"/>
    public int BalancingQuietMs { get; init; } = 30_000;

    /// <inheritdoc cref="ClusterSetup.BalancingEveryMs"/>
    public int BalancingEveryMs { get; init; } = 5000;

    /// <summary>At most so many turns are run at each step.</summary>
    public int MostTurns { get; init; } = 3;

    /// <summary>Its clock on the wall may be off, and jump.</summary>
    public SimulatedClock Clock { get; } = new(time);

    /// <summary>Its disk is damaged on purpose.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>Its starts go on without the others, whoever they are.</summary>
    public bool BeginsAlone { get; set; }

    /// <summary>And with what is left of replicated queues.</summary>
    public bool AcceptsLoss { get; set; }

    /// <summary>What it has kept for operators.</summary>
    public List<Incident> Incidents { get; } = [];

    /// <summary>Problems that no fault explains.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>It was not there from the beginning.</summary>
    public bool IsJoiner => Founders.IsEmpty;

    /// <summary>It has left the cluster for good.</summary>
    public bool IsForgotten { get; private set; }

    /// <summary>It is being forgotten, and nobody starts it.</summary>
    public bool StaysDown { get; set; }

    /// <summary>How often it has crashed.</summary>
    public int Crashes { get; private set; }

    /// <summary>The step of the last time.</summary>
    public long CrashedAt { get; private set; }

    /// <summary>The step at which the process began that is there.</summary>
    public long StartedAt { get; private set; }

    public bool IsUp => Broker is not null;

    /// <summary>None of its turns has anything to do.</summary>
    public bool IsIdle => _life?.AreWaiting == false;

    public bool IsServing =>
        Broker?.Cluster.Status.IsServing == true && Broker.Cluster.WhenServing.IsCompletedSuccessfully;

    public DefinitionsStore Store => Broker!.Definitions;

    public void Start()
    {
        if (StaysDown)
            return;
        StartedAt = network.Now;
        _life = new SimulatedTurns(random);
        _checked = 0;
        Transport = new SimulatedTransport(network, Id, Raft)
        {
            WallClock = () => Clock.GetUtcNow().ToUnixTimeMilliseconds(),
            SyncAge = RoundAge,
        };
        Assert.True(NodeName.TryParse(Name, out NodeName name));
        Broker = new MessageBroker(
            Configuration with
            {
                NodeName = Name,
                MemoryHighWatermarkBytes = long.MaxValue / 2,
            },
            _life, Clock,
            new Random(random.Next()), OnLog,
            new StorageSetup(Disk, Log, this, static () => { }, RoundAge: RoundAge) { Incidents = Incidents.Add },
            Setup(name));
        _background = new StorageBackground(Broker.Storage!, Log, this);
        Transport.Boot = Broker.Storage!.Boot;
        network.Add(Transport);
    }

    private ClusterSetup Setup(NodeName name)
    {
        ClusterSetup setup = null!;
        setup = new ClusterSetup
        {
            Self = Id,
            BeginsAlone = BeginsAlone,
            AcceptsLoss = () => AcceptsLoss,
            Name = name,
            Address = $"10.0.0.{number}",
            Peers = Transport!,
            Transport = Transport!,
            Options = Raft,
            Founders = Founders,
            PatienceMs = PatienceMs,
            SessionGraceMs = GraceMs,
            BalancingQuietMs = BalancingQuietMs,
            BalancingEveryMs = BalancingEveryMs,
            Replication = Replicator is { } replicator ? broker => replicator(this, broker, setup)
                : OnlyTells ? broker => Told = new TestReplication(broker)
                : null,
        };
        return setup;
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
        Crashes++;
        CrashedAt = network.Now;
        _slowSteps = _stoodSteps = 0;
        _waitsSince = null;
    }

    /// <summary>It is no member any more, and ends.</summary>
    public void Forget()
    {
        IsForgotten = true;
        Crash();
    }

    /// <summary>Its disk does nothing for some steps.</summary>
    public void SlowDisk(int steps) => _slowSteps = steps;

    /// <summary>The process gets no processor for some steps; its timers are late, and what comes waits.</summary>
    public void StandStill(int steps)
    {
        _stoodSteps = steps;
        if (Transport is not null)
            Transport.IsStandingStill = steps > 0;
    }

    /// <summary>A client of this node, on whose channel 1 is open when it hears so.</summary>
    public SimulatedConnection Connect()
    {
        var stream = new SimulatedStream(_life!);
        var remote = new IPEndPoint(IPAddress.Loopback, 10_000 + (int)(++_connections % 50_000));
        var peer = new ConnectionPeer(remote, new IPEndPoint(IPAddress.Loopback, 5672), new ClientPeer(remote.Address));
        return new SimulatedConnection(
            this, stream, Broker!.Connections.ServeAsync(stream, null, peer), new WireClient(Stream.Null));
    }

    /// <summary>Some of what waits is done.</summary>
    public void Work(bool isQuick)
    {
        if (Broker is null)
            return;
        if (_stoodSteps > 0)
        {
            StandStill(_stoodSteps - 1);
            return;
        }
        _life!.Run(isQuick ? int.MaxValue : random.Next(MostTurns + 1));
        WorkOnDisk(isQuick);
        WorkInBackground();
        Transport!.BeatIfHasty();
        if (_life.AreWaiting || _checked == Store.State.LastIndex || Store.Session.IsToStartAgain)
            return;
        _checked = Store.State.LastIndex;
        truth.Check(this);
    }

    private void WorkOnDisk(bool isQuick)
    {
        if (_slowSteps > 0)
        {
            // What is there to be written is a round that its disk does not end.
            _slowSteps--;
            if (Broker!.Storage!.PendingBytes > 0)
                _waitsSince ??= time.GetTimestamp();
        }
        else if (isQuick || random.Next(3) == 0)
        {
            if (Broker!.Storage!.CommitRound() == CommitOutcome.OutOfSpace)
                _waitsSince ??= time.GetTimestamp();
            else
                _waitsSince = null;
        }
    }

    private TimeSpan RoundAge() => _waitsSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;

    private void WorkInBackground()
    {
        try
        {
            if (random.Next(40) == 0 || (WorksAtOnce && _background!.HasWork))
                _background!.RunOnce();
            if (random.Next(200) == 0)
                _background!.MakeCheckpoint();
        }
        catch (DiskException error) when (error.Failure == DiskFailure.NoSpace)
        {
            // Another time.
        }
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

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
        Lines.Add(message);
        Broker?.Alarms.LogSpaceChanged(isExhausted, message);
    }

    void IStorageWatcher.Failed(StorageFailedException error) => throw error;

    void IStorageWatcher.Damaged(string message)
    {
        if (!IsDamaged)
            throw new InvalidOperationException(message);
        Lines.Add(message);
    }

    private void OnLog(LogLevel level, LogCategory category, string line)
    {
        Lines.Add(line);
        if (level >= LogLevel.Critical || line.Contains("makes no sense", StringComparison.Ordinal))
            Errors.Add($"{Name}: {line}");
    }
}
