using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// Brokers in one process with real links between them. What one node defines the others apply after it, in the same
/// order and with the same ids; a test defines on one node at a time.
/// </summary>
internal sealed class TestCluster : IClusterMembers, IAsyncDisposable
{
    private readonly List<Link> _links = [];
    private readonly Queue<(ClusterNode From, IReadOnlyList<DraftStep> Steps)> _held = new();
    private bool _holdsSpreading;
    private long _lastProcess;

    public TestCluster(int nodes = 2, bool isDurable = false, LineOptions? lines = null, BrokerOptions? options = null)
    {
        IsDurable = isDurable;
        Lines = lines ?? new LineOptions();
        Options = options ?? new BrokerOptions();
        for (int index = 0; index < nodes; index++)
            Nodes.Add(new ClusterNode(this, index, new FaultyDisk(), ++_lastProcess));
        foreach (ClusterNode node in Nodes)
            node.Start(nodes);
    }

    public List<ClusterNode> Nodes { get; } = [];

    public BrokerOptions Options { get; }

    public LineOptions Lines { get; }

    public bool IsDurable { get; }

    public ManualTime Time { get; } = new();

    public MemoryNetwork Network { get; } = new();

    // A busy machine must not look like a silent peer; a cut one is dialed again at once.
    public LinkOptions LinkOptions { get; init; } = new()
    {
        SilenceTimeout = TimeSpan.FromSeconds(5),
        FirstPause = TimeSpan.FromMilliseconds(2),
        LongestPause = TimeSpan.FromMilliseconds(20),
        HandshakeTimeout = TimeSpan.FromSeconds(30),
    };

    /// <summary>Where queues may be placed.</summary>
    public IReadOnlyList<NodeId>? Places { get; init; }

    public IReadOnlyList<NodeId> Live => Places ?? [.. Nodes.Select(node => node.Id)];

    public static NodeId IdOf(int index) => new(new Guid(index + 1, 0, 0, new byte[8]));

    public static NodeName NodeNameOf(int index) =>
        NodeName.TryParse($"rabbit@n{index}", out NodeName name) ? name : throw new InvalidOperationException();

    public string NameOf(NodeId node) =>
        Nodes.FindIndex(one => one.Id == node) is >= 0 and int index ? NodeNameOf(index).Value : node.ToString();

    /// <summary>Cluster of two with all links up.</summary>
    public static async Task<TestCluster> StartAsync(
        int nodes = 2, bool isDurable = false, LineOptions? lines = null, BrokerOptions? options = null)
    {
        var cluster = new TestCluster(nodes, isDurable, lines, options);
        await cluster.LinksAreUp();
        return cluster;
    }

    public Task LinksAreUp() => Eventually.True(() => Nodes.All(
        node => Nodes.All(other => other == node || node.Peers.IsUp(other.Id))));

    /// <summary>A client of this node with channel 1 open.</summary>
    public async Task<WireClient> ConnectAsync(int node, Login? login = null)
    {
        Link link = await Nodes[node].Host.ConnectWithChannelAsync(login);
        _links.Add(link);
        return link.Client;
    }

    /// <summary>Declares a queue whose home is this node, and waits until all know it.</summary>
    public async Task DeclareAsync(
        int home, string queue, FieldTable? arguments = null, bool durable = false, bool autoDelete = false)
    {
        Link link = await Nodes[home].Host.ConnectWithChannelAsync();
        await link.Client.CallAsync(
            1,
            new QueueDeclare(
                queue, passive: false, durable, exclusive: false, autoDelete, noWait: false,
                arguments ?? FieldTable.Empty),
            MethodId.QueueDeclareOk);
        await IsKnown(queue);
        await link.CutAsync();
    }

    public Task IsKnown(string queue) => Eventually.True(() => Nodes.All(node => Find(node, queue) is not null));

    public Task IsGone(string queue) => Eventually.True(() => Nodes.All(node => Find(node, queue) is null));

    public static QueueDefinition? Find(ClusterNode node, string queue) => Find(node, "/", queue);

    public static QueueDefinition? Find(ClusterNode node, string vhostName, string queue) =>
        node.Broker.Topology.Vhosts.TryGetValue(vhostName, out Vhost? vhost)
        && vhost.Queues.TryGetValue(queue, out QueueDefinition? found)
            ? found
            : null;

    /// <summary>The queue itself.</summary>
    public Queue Home(int node, string queue) => Assert.IsType<Queue>(Find(Nodes[node], queue)!.Home);

    /// <summary>Its stand-in on another node.</summary>
    public RemoteQueue StandIn(int node, string queue) => Assert.IsType<RemoteQueue>(Find(Nodes[node], queue)!.Home);

    /// <summary>Waits until the queue has these counts.</summary>
    public Task Holds(int home, string queue, int ready, int unacked) => Eventually.True(
        () => Home(home, queue).ReadyCount == ready && Home(home, queue).UnackedCount == unacked,
        () => $"{Home(home, queue).ReadyCount} ready, {Home(home, queue).UnackedCount} unacked");

    /// <summary>Kills a node's process and starts another over what its disk has.</summary>
    public async Task RestartAsync(int index)
    {
        FaultyDisk found = await KillAsync(index);
        await StartAgainAsync(index, found);
    }

    public Task<FaultyDisk> KillAsync(int index) => Nodes[index].KillAsync();

    public async Task StartAgainAsync(int index, FaultyDisk disk)
    {
        var node = new ClusterNode(this, index, disk, ++_lastProcess);
        node.Broker.Definitions.TakeIds(Nodes.Where(other => other.Index != index)
            .Max(other => other.Broker.Definitions.LastIndex));
        Nodes[index] = node;
        node.Start(Nodes.Count);
        await LinksAreUp();
    }

    /// <summary>Lets time pass on all nodes.</summary>
    public void Advance(TimeSpan span)
    {
        for (TimeSpan step = TimeSpan.FromMilliseconds(100); span > TimeSpan.Zero; span -= step)
        {
            Time.Advance(step);
            Thread.Sleep(1);
        }
    }

    /// <summary>
    /// What queues do to definitions by themselves is done on the first node, so that no two are at it at once.
    /// </summary>
    public bool MakesElsewhere(DefinitionsChange change)
    {
        if (change is not RemoveQueue removal || Nodes.Count == 0)
            return false;
        DefinitionsStore first = Nodes[0].Broker.Definitions;
        if (Find(Nodes[0], removal.Queue.Vhost, removal.Queue.Name) is { } queue && queue.Id == removal.Queue.Id)
            first.Post(removal.For(queue));
        else
            first.Post(removal);
        return true;
    }

    /// <summary>What one node defines the others hear of only later.</summary>
    public bool HoldsSpreading
    {
        get => _holdsSpreading;
        set
        {
            lock (_held)
            {
                _holdsSpreading = value;
                while (!value && _held.TryDequeue(out (ClusterNode From, IReadOnlyList<DraftStep> Steps) held))
                    SpreadNow(held.From, held.Steps);
            }
        }
    }

    public void Spread(ClusterNode from, IReadOnlyList<DraftStep> steps)
    {
        lock (_held)
        {
            if (_holdsSpreading)
                _held.Enqueue((from, steps));
            else
                SpreadNow(from, steps);
        }
    }

    private void SpreadNow(ClusterNode from, IReadOnlyList<DraftStep> steps)
    {
        foreach (ClusterNode node in Nodes)
        {
            if (node != from)
                node.Follow(steps);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterNode node in Nodes)
            await node.DisposeAsync();
        foreach (ClusterNode node in Nodes)
        {
            Assert.DoesNotContain(
                node.Host.Log, line => line.Contains("definitions differ", StringComparison.Ordinal)
                    || line.Contains("makes no sense", StringComparison.Ordinal)
                    || line.Contains("error of the broker", StringComparison.Ordinal));
        }
    }
}
