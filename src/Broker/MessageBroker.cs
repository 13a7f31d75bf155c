using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Administration;
using Warren.Broker.Alarms;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Delays;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker;

/// <summary>
/// The broker of one node: what its parts share, made by hand from top to bottom. It holds the two published snapshots,
/// the seams of time, turns and randomness, and the slow tick; everything that changes belongs to one of its parts.
/// </summary>
public sealed class MessageBroker : IDisposable
{
    /// <summary>The global parameter that names the cluster.</summary>
    internal const string ClusterNameParameter = "cluster_name";

    /// <summary>
    /// How often heartbeats and handshakes are looked at: a heartbeat of one second needs two a second.
    /// </summary>
    private const int ConnectionTickMs = 500;

    /// <summary>Every how many ticks memory is measured; RabbitMQ does it every 2.5 s.</summary>
    private const int TicksPerMeasurement = 2;

    /// <summary>
    /// Slabs may be pinned to this amount beyond what lives before waiting messages are moved together.
    /// </summary>
    private const long PinnedTolerationBytes = 64 * 1024 * 1024;

    /// <summary>
    /// What a queue keeps of its waiting messages: a few hundredths of a second of a busy queue, so that consumers who
    /// keep up are served from memory.
    /// </summary>
    private const long MostPagingBudgetBytes = 2 * 1024 * 1024;

    /// <summary>What a queue keeps when very many have a backlog: what is read at once is more.</summary>
    private const long LeastPagingBudgetBytes = 16 * 1024;

    /// <summary>
    /// Slabs in use, all queues together, above which each queue must keep less. 128 MiB: sixty busy queues, and no
    /// more than an operator expects of a broker whose messages are on disk.
    /// </summary>
    private const long PagingTargetBytes = 128 * 1024 * 1024;

    private readonly LogSink _log;
    private readonly IncidentSink _incidents;
    private readonly Random _random;
    private readonly ITimer _tick;
    // Nothing is multiplied: nanoseconds times a thousand overflow after a hundred days of the machine.
    private readonly long _clockTicksPerMs;
    private TopologySnapshot _topology = TopologySnapshot.Empty;
    private SecuritySnapshot _security = SecuritySnapshot.Empty;
    private NodesSnapshot _nodes = NodesSnapshot.Empty;
    private long _pagingBudgetBytes = MostPagingBudgetBytes;
    private int _ticks;
    private long _compactedAtBytes;

    /// <param name="options">What the operator set.</param>
    /// <param name="turns">Who runs turns.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Where all randomness that is no secret comes from.</param>
    /// <param name="log">Where log lines go.</param>
    /// <param name="storage">Where durable things are kept; null: nowhere, they live as long as the process.</param>
    /// <param name="cluster">The other nodes; null: there are none. Needs storage.</param>
    public MessageBroker(
        BrokerOptions options, ITurnScheduler turns, TimeProvider time, Random random, LogSink log,
        StorageSetup? storage = null, ClusterSetup? cluster = null)
    {
        if (cluster is not null && storage is null)
            throw new ArgumentException("A member of a cluster keeps its definitions.", nameof(cluster));
        Options = options;
        Maintenance = new Maintenance(cluster?.Self ?? NodeId.None);
        Turns = turns;
        Time = time;
        _clockTicksPerMs = Math.Max(1, time.TimestampFrequency / 1000);
        _random = random;
        _log = log;
        _incidents = storage?.Incidents ?? (static _ => { });
        Slabs = new SlabPool();
        Timers = new QueueTimers(this);
        Reader = new MessageReader(this);
        Definitions = new DefinitionsStore(this, storage is not null, cluster);
        Cluster = new ClusterMembership(Definitions);
        Delays = new DelayedMessages(this);
        DirectReplies = new DirectReplies(this);
        PasswordHashing = PasswordHash.TryParseHashing(options.PasswordHashing, out PasswordHashing hashing)
            ? hashing
            : PasswordHashing.Sha256;
        Authenticator = new Authenticator(AuthenticationOptions.From(options), PasswordHashing);
        Administration = new BrokerAdministration(this);
        Connections = new ConnectionRegistry(this);
        Operations = new QueueOperations(this);
        Members = new MemberOperations(this);
        Alarms = new NodeAlarms(this, storage?.Disk, storage?.Scarce);
        if (cluster is not null)
        {
            QueueLinks = new QueueLinks(this, cluster);
            MostQueueMembers = cluster.Options.Voters;
            Replication = cluster.Replication?.Invoke(this)
                ?? new QueueReplication(this, cluster, new LinkedClients(this));
        }
        if (storage is not null)
            Storage = DurableGroups.Open(this, storage);
        Definitions.Start();
        Delays.Start();
        Alarms.MeasureDisk();
        if (cluster is not null)
            Disks = new DiskFitness(this, cluster, storage!.RoundAge);
        _tick = (cluster?.Ticks ?? time).CreateTimer(
            static state => ((MessageBroker)state!).Tick(), this, TimeSpan.FromMilliseconds(ConnectionTickMs),
            TimeSpan.FromMilliseconds(ConnectionTickMs));
    }

    public BrokerOptions Options { get; }

    public TimeProvider Time { get; }

    public ConnectionRegistry Connections { get; }

    /// <summary>The members of the cluster.</summary>
    public ClusterMembership Cluster { get; }

    public NodeAlarms Alarms { get; }

    /// <summary>Whether disks let nodes lead; null: there are no others.</summary>
    internal DiskFitness? Disks { get; }

    public QueueOperations Operations { get; }

    /// <summary>The members of replicated queues, as operators see them.</summary>
    public MemberOperations Members { get; }

    public DirectReplies DirectReplies { get; }

    /// <summary>Users, vhosts, permissions, policies and parameters.</summary>
    public BrokerAdministration Administration { get; }

    /// <summary>What the operator called the cluster; else the node's name.</summary>
    public string ClusterName =>
        Topology.GlobalParameters.TryGetValue(ClusterNameParameter, out FieldValue name)
        && name.Kind == FieldKind.LongString
            ? name.AsText()
            : Options.ClusterName ?? Options.NodeName;

    /// <summary>The digest that new passwords get.</summary>
    public PasswordHashing PasswordHashing { get; }

    public SlabPool Slabs { get; }

    /// <summary>The node log; null if the broker keeps nothing.</summary>
    public NodeLog? Storage { get; }

    /// <summary>Milliseconds of the monotonic clock: the time of all queues.</summary>
    public long NowMs => Time.GetTimestamp() / _clockTicksPerMs;

    /// <summary>The published topology; written by the definitions' turn alone.</summary>
    public TopologySnapshot Topology
    {
        get => Volatile.Read(ref _topology);
        internal set => Volatile.Write(ref _topology, value);
    }

    /// <summary>The published users and permissions; written by the definitions' turn alone.</summary>
    public SecuritySnapshot Security
    {
        get => Volatile.Read(ref _security);
        internal set => Volatile.Write(ref _security, value);
    }

    /// <summary>The published nodes of the cluster; written by the definitions' turn alone.</summary>
    internal NodesSnapshot Nodes
    {
        get => Volatile.Read(ref _nodes);
        set => Volatile.Write(ref _nodes, value);
    }

    internal ITurnScheduler Turns { get; }

    internal DefinitionsStore Definitions { get; }

    internal DelayedMessages Delays { get; }

    /// <summary>Queues on other nodes, and their clients here; null: there are no other nodes.</summary>
    internal QueueLinks? QueueLinks { get; }

    /// <summary>The replicated queues; null: there are none, and none is made.</summary>
    internal IReplication? Replication { get; }

    /// <summary>Which nodes are under maintenance.</summary>
    internal Maintenance Maintenance { get; }

    /// <summary>Members that a replicated queue may have: consensus takes no more that vote.</summary>
    internal int MostQueueMembers { get; } = 1;

    internal QueueTimers Timers { get; }

    internal MessageReader Reader { get; }

    /// <summary>
    /// Bytes of waiting messages that each queue may keep in memory; what is durable beyond that leaves it.
    /// </summary>
    internal long PagingBudgetBytes => Volatile.Read(ref _pagingBudgetBytes);

    /// <summary>
    /// Messages take so much memory that those that are not stored are to leave it too, and the disk has room for them.
    /// </summary>
    internal bool IsShortOfMemory =>
        Storage is not null && Slabs.OutstandingBytes > Alarms.MemoryPagingBytes && !Alarms.IsDiskOn;

    internal Authenticator Authenticator { get; }

    public void Log(LogLevel level, LogCategory category, string message) => _log(level, category, message);

    /// <summary>
    /// Keeps for operators that something was lost, refused or damaged; the log is told beside. Any thread, also in a
    /// turn: it costs a short lock, and storms are counted.
    /// </summary>
    public void Note(Incident incident) => _incidents(incident);

    /// <summary>The queues whose home is this node.</summary>
    internal IEnumerable<Queue> LocalQueues() => AllQueues().Select(queue => queue.Home).OfType<Queue>();

    /// <summary>All queues that this node knows, whatever their home.</summary>
    public ImmutableArray<QueueDefinition> AllQueues() =>
        [.. Topology.Vhosts.SelectMany(vhost => vhost.Value.Queues.Select(queue => queue.Value))];

    /// <summary>The same, and what keeps delayed messages.</summary>
    public ImmutableArray<QueueDefinition> QueuesAndStores() =>
        [.. Topology.Vhosts.SelectMany(vhost => vhost.Value.QueuesAndStores)];

    /// <summary>What the node is called that the queue lives on.</summary>
    public string HomeNameOf(QueueDefinition queue) =>
        queue.IsHere ? Options.NodeName : QueueLinks!.NameOf(queue.HomeNode);

    /// <summary>What the node is called that a consumer's client is connected to.</summary>
    public string NodeNameOf(ConsumerStatus consumer) =>
        consumer.Node.IsNone || consumer.Node == QueueLinks?.Self
            ? Options.NodeName
            : QueueLinks!.NameOf(consumer.Node);

    /// <summary>
    /// Other nodes are to lead the replicated queues that this one leads, and it leads none before <see
    /// cref="LeadAgain"/>. While clients and links are there: nobody notices but by a short pause.
    /// </summary>
    /// <param name="limit">For how long it is tried.</param>
    public Task<HandedOver> HandOverAsync(TimeSpan limit)
    {
        SetMaintenance(isUnder: true);
        return Replication?.HandOverAsync(limit) ?? Task.FromResult(default(HandedOver));
    }

    /// <summary>The end of what <see cref="HandOverAsync"/> began: this node may be elected again.</summary>
    public void LeadAgain()
    {
        SetMaintenance(isUnder: false);
        Replication?.LeadAgain();
    }

    /// <summary>
    /// The node is about to stop: no queue delivers any more, so that what a consumer gives back as its connection
    /// closes is not handed to another one for the moment that is left to it.
    /// </summary>
    public void StopDeliveries()
    {
        foreach (Queue queue in LocalQueues())
            queue.Post(QueueCommand.Rest());
    }

    /// <summary>
    /// Notes for each queue what the next start must know that its entries do not say. When clients are gone, before
    /// the log is closed; complete when all has been appended.
    /// </summary>
    public Task SaveQueuesAsync()
    {
        var saved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = 1;
        foreach (Queue queue in LocalQueues().Where(queue => queue.Definition.SurvivesRestart))
        {
            Interlocked.Increment(ref left);
            queue.Post(QueueCommand.SaveState(Saved));
        }
        Saved();
        return saved.Task;

        void Saved()
        {
            if (Interlocked.Decrement(ref left) == 0)
                saved.SetResult();
        }
    }

    public void Dispose()
    {
        _tick.Dispose();
        Disks?.Dispose();
        Definitions.Close();
        Timers.Dispose();
        Delays.Dispose();
        QueueLinks?.Dispose();
    }

    /// <summary>A source of its own for one owner, seeded from the node's.</summary>
    internal Random NewRandom()
    {
        lock (_random)
            return new Random(_random.Next());
    }

    /// <summary>Lets every queue move its messages out of slabs that are mostly dead.</summary>
    internal void Compact()
    {
        foreach (Queue queue in LocalQueues())
        {
            if (queue.ReadyCount + queue.UnackedCount > 0)
                queue.Post(QueueCommand.Compact());
        }
    }

    // The end of the turn tells the others.
    private void SetMaintenance(bool isUnder)
    {
        Maintenance.IsOwn = isUnder;
        Definitions.Post(new TurnEvent(static () => { }));
    }

    private void Tick()
    {
        Connections.Tick();
        Definitions.TickSoon();
        Alarms.MeasureDisk();
        if (++_ticks % TicksPerMeasurement != 0)
            return;
        Alarms.Tick();
        QueueLinks?.LookAtClocks();
        AdjustPaging();
        CompactIfPinned();
    }

    // Halved while too much is in memory, doubled again when there is room. Queues that have no turn of their own are
    // told, so that their backlogs leave memory too.
    private void AdjustPaging()
    {
        if (Storage is null)
            return;
        long budgetBytes = PagingBudgetBytes;
        long outstandingBytes = Slabs.OutstandingBytes;
        long targetBytes = Math.Min(PagingTargetBytes, Alarms.MemoryPagingBytes);
        if (outstandingBytes > targetBytes && budgetBytes > LeastPagingBudgetBytes)
            budgetBytes /= 2;
        else if (outstandingBytes < targetBytes / 2 && budgetBytes < MostPagingBudgetBytes)
            budgetBytes *= 2;
        bool isLess = budgetBytes < PagingBudgetBytes;
        Volatile.Write(ref _pagingBudgetBytes, budgetBytes);
        bool isShort = IsShortOfMemory;
        if (!isLess && !isShort)
            return;
        foreach (Queue queue in LocalQueues())
        {
            if ((queue.Definition.SurvivesRestart || isShort) && queue.ResidentBytes > budgetBytes)
                queue.Post(QueueCommand.Tick());
        }
    }

    // Only when a quarter more is outstanding than after the last time: what compaction cannot move (what is in
    // outboxes, delays, transactions, large headers) would have it run for nothing every second.
    private void CompactIfPinned()
    {
        long outstandingBytes = Slabs.OutstandingBytes;
        _compactedAtBytes = Math.Min(_compactedAtBytes, outstandingBytes);
        if (outstandingBytes < _compactedAtBytes + (_compactedAtBytes / 4) + PinnedTolerationBytes
            || outstandingBytes < (2 * LiveBytes()) + PinnedTolerationBytes)
            return;
        _compactedAtBytes = outstandingBytes;
        Compact();
    }

    // Bodies, and as much again as small messages have around them.
    private long LiveBytes()
    {
        long bytes = 0;
        foreach (Queue queue in LocalQueues())
            bytes += queue.MessageBytes + (64L * (queue.ReadyCount + queue.UnackedCount));
        return bytes;
    }
}
