using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// Brokers in one process with real links between them, and definitions that the first one alone decides; the others
/// learn them.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<Link> _links = [];
    private bool _holdsSpreading;
    private long _lastProcess;

    /// <param name="nodes">How many.</param>
    /// <param name="lines">Times of what goes to queues on other nodes.</param>
    /// <param name="options">Of all brokers.</param>
    /// <param name="first">What the first node's disk has already; null: nothing.</param>
    public TestCluster(
        int nodes = 2, LineOptions? lines = null, BrokerOptions? options = null, FaultyDisk? first = null)
    {
        Lines = lines ?? new LineOptions();
        Options = options ?? new BrokerOptions();
        for (int index = 0; index < nodes; index++)
        {
            FaultyDisk disk = index == 0 && first is not null ? first : new FaultyDisk();
            Nodes.Add(new ClusterNode(this, index, disk, ++_lastProcess));
        }
        foreach (ClusterNode node in Nodes)
            node.Start(nodes);
    }

    public List<ClusterNode> Nodes { get; } = [];

    public BrokerOptions Options { get; }

    public LineOptions Lines { get; }

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

    // None is the one of a broker that is told no identity.
    public static NodeId IdOf(int index) => new(new Guid(index + 1, 1, 0, new byte[8]));

    public static NodeName NodeNameOf(int index) =>
        NodeName.TryParse($"rabbit@n{index}", out NodeName name) ? name : throw new InvalidOperationException();

    /// <summary>Cluster of two with all links up.</summary>
    public static async Task<TestCluster> StartAsync(
        int nodes = 2, LineOptions? lines = null, BrokerOptions? options = null)
    {
        var cluster = new TestCluster(nodes, lines, options);
        await cluster.LinksAreUp();
        return cluster;
    }

    /// <summary>Cluster of two in which what is declared is placed on the second: the first has more.</summary>
    public static async Task<TestCluster> StartPlacingAsync()
    {
        TestCluster cluster = await StartAsync(options: new BrokerOptions { QueueLeaderLocator = "balanced" });
        for (int number = 0; number < 10; number++)
        {
            await cluster.DeclareAsync(0, $"on the first {number}", new FieldTable
            {
                ["x-queue-master-locator"] = FieldValue.Of("client-local"),
            });
        }
        return cluster;
    }

    /// <summary>Declares a queue without waiting until all nodes have it.</summary>
    public static Task DeclareUnansweredAsync(WireClient client, string queue) => client.SendAsync(
        1,
        new QueueDeclare(
            queue, passive: false, durable: false, exclusive: false, autoDelete: false, noWait: true,
            FieldTable.Empty));

    /// <summary>All links are up, all nodes are members that serve, and all know that.</summary>
    public async Task LinksAreUp()
    {
        await Eventually.True(() => Nodes.All(
            node => Nodes.All(other => other == node || node.Peers.IsUp(other.Id))));
        await Nodes[0].Broker.Cluster.WhenServing.WaitAsync(Eventually.Patience);
        foreach (ClusterNode node in Nodes.Skip(1))
        {
            ChangeOutcome outcome = ChangeOutcome.TooEarly;
            await Eventually.True(() =>
            {
                outcome = Nodes[0].Broker.Cluster.AddLearnerAsync(
                    node.Id, NodeNameOf(node.Index), $"n{node.Index}").GetAwaiter().GetResult();
                return outcome is ChangeOutcome.Proposed or ChangeOutcome.AlreadySo;
            });
        }
        foreach (ClusterNode node in Nodes)
            await node.Broker.Cluster.WhenServing.WaitAsync(Eventually.Patience);
        await Eventually.True(
            () => Nodes.All(
                node => node.Broker.Nodes.Sessions.Count == Nodes.Count
                    && node.Broker.Nodes.Members.Count >= Nodes.Count - 1
                    && node.Broker.Definitions.LastIndex == Nodes[0].Broker.Definitions.LastIndex),
            () => string.Join("; ", Nodes.Select(
                node => $"{node.Id}: {node.Broker.Nodes.Sessions.Count} sessions, "
                    + $"{node.Broker.Nodes.Members.Count} members, {node.Broker.Definitions.LastIndex}")));
    }

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
    public Task Holds(int home, string queue, int ready, int unacked)
    {
        QueueHome counted = Find(Nodes[home], queue)!.Home;
        return Eventually.True(
            () => counted.ReadyCount == ready && counted.UnackedCount == unacked,
            () => $"{counted.ReadyCount} ready, {counted.UnackedCount} unacked");
    }

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

    /// <summary>The first node's definitions do not come to the others.</summary>
    public bool HoldsSpreading
    {
        get => _holdsSpreading;
        set
        {
            _holdsSpreading = value;
            foreach (ClusterNode node in Nodes.Skip(1))
                node.Peers.Filter = value ? static kind => kind >> 8 != PeerFrameKind.FirstOfGroups >> 8 : null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterNode node in Nodes)
            await node.DisposeAsync();
        foreach (ClusterNode node in Nodes)
        {
            Assert.DoesNotContain(
                node.Host.Log, line => line.Contains("makes no sense", StringComparison.Ordinal)
                    || line.Contains("error of the broker", StringComparison.Ordinal));
        }
    }
}
