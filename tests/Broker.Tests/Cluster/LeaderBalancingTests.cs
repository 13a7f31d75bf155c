using Warren.Amqp;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Tests.Policies;
using Warren.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>Nodes come to lead about as many replicated queues each, by themselves.</summary>
public sealed class LeaderBalancingTests
{
    private const int QuietMs = 2000;

    private const int EveryMs = 250;

    private SimulatedCluster _cluster = null!;

    private IEnumerable<SimulatedNode> Up => _cluster.Nodes.Where(static node => node.IsUp);

    [Fact]
    public void Leaders_that_piled_up_are_spread_and_then_stay()
    {
        Start(new BrokerOptions());
        Declare(_cluster[1], 9);
        Assert.Equal(9, Led(_cluster[1]));
        _cluster.Until(() => Led(_cluster[1]) < 9, what: "a first move");
        // A few at a time.
        Assert.InRange(Led(_cluster[1]), 5, 8);
        _cluster.Until(AreEven, what: "three each");
        // All nodes have heard who leads.
        _cluster.Steps(100);
        string[] leaders = Leaders();
        string[] lines = Lines();
        // As few moves as there can be, two rounds, each told once.
        Assert.Equal(6, lines.Sum(static line => line.Split(" from ").Length - 1));
        Assert.InRange(lines.Length, 2, 3);
        Assert.Contains("rabbit@host1 9, ", lines[0], StringComparison.Ordinal);
        _cluster.Steps(4000);
        Assert.Equal(leaders, Leaders());
        Assert.Equal(lines, Lines());
    }

    /// <summary>As after a rolling restart: who has come back last leads nothing.</summary>
    [Fact]
    public void Who_comes_back_leads_again_once_the_cluster_has_been_whole_for_a_while()
    {
        Start(new BrokerOptions());
        Declare(_cluster[1], 9);
        _cluster.Until(AreEven, what: "three each");
        int before = Lines().Length;
        SimulatedNode gone = _cluster.Nodes.First(node => node != _cluster.Leader);
        gone.Crash();
        _cluster.Until(() => Up.Sum(Led) == 9, what: "that the others lead all");
        _cluster.Steps(2 * QuietMs / 5);
        Assert.Equal(before, Lines().Length);
        gone.Start();
        _cluster.UntilServing();
        long backAt = _cluster.Network.Now;
        _cluster.Until(() => Led(gone) > 0, what: "that it leads");
        Assert.InRange(_cluster.Network.Now - backAt, (QuietMs - 500) / 5, int.MaxValue);
        _cluster.Until(AreEven, what: "three each");
    }

    [Fact]
    public void A_difference_of_one_moves_nothing()
    {
        Start(new BrokerOptions());
        Declare(_cluster[1], 2);
        Declare(_cluster[2], 1, "b");
        Declare(_cluster[3], 1, "c");
        string[] leaders = Leaders();
        _cluster.Steps(3 * QuietMs / 5);
        Assert.Equal(leaders, Leaders());
        Assert.Empty(Lines());
    }

    [Fact]
    public void Nothing_is_moved_while_a_node_is_under_maintenance()
    {
        Start(new BrokerOptions());
        Declare(_cluster[1], 6);
        _cluster.Done(_cluster[2].Broker!.HandOverAsync(TimeSpan.FromSeconds(5)));
        _cluster.Steps(3 * QuietMs / 5);
        Assert.Equal(6, Led(_cluster[1]));
        _cluster[2].Broker!.LeadAgain();
        _cluster.Until(() => _cluster.Nodes.All(node => Led(node) == 2), what: "two each");
    }

    /// <summary>A leader that gave way to one that more nodes reach would be given it back.</summary>
    [Fact]
    public void Nothing_is_moved_while_two_nodes_do_not_reach_each_other()
    {
        Start(new BrokerOptions());
        SimulatedNode decides = _cluster.Leader!;
        SimulatedNode[] others = [.. _cluster.Nodes.Where(node => node != decides)];
        _cluster.Network.Cut(others[0].Id, others[1].Id);
        Declare(decides, 6);
        _cluster.Steps(3 * QuietMs / 5);
        Assert.Equal(6, Led(decides));
        _cluster.Network.MendAll();
        _cluster.Until(() => _cluster.Nodes.All(node => Led(node) == 2), what: "two each");
    }

    /// <summary>Who is asked to lead refuses, and its queues would stand still for that long.</summary>
    [Fact]
    public void Nothing_is_moved_while_a_disk_is_full()
    {
        Start(new BrokerOptions());
        SimulatedNode decides = _cluster.Leader!;
        SimulatedNode full = _cluster.Nodes.First(node => node != decides);
        Declare(decides, 6);
        long taken = full.Disk.FreeBytes;
        full.Disk.CapacityBytes -= taken;
        _cluster.Done(decides.Broker!.Operations.DeclareAsync("/", "more", true, false, FieldTable.Empty));
        _cluster.Until(() => decides.Broker.Disks!.MayLead(full.Id) == false, what: "its alarm");
        _cluster.Steps(3 * QuietMs / 5);
        Assert.Equal(6, Led(decides));
        full.Disk.CapacityBytes += taken;
        _cluster.Until(() => _cluster.Nodes.All(node => Led(node) == 2), what: "two each");
    }

    [Fact]
    public void It_can_be_switched_off()
    {
        Start(new BrokerOptions { BalancesLeaders = false });
        Declare(_cluster[1], 6);
        _cluster.Steps(3 * QuietMs / 5);
        Assert.Equal(6, Led(_cluster[1]));
    }

    private void Start(BrokerOptions options)
    {
        _cluster = new SimulatedCluster(
            3, mostTurns: 24, options: options, balancingQuietMs: QuietMs, balancingEveryMs: EveryMs);
        _cluster.StartAll();
        _cluster.UntilServing();
    }

    private void Declare(SimulatedNode node, int count, string prefix = "a")
    {
        for (int number = 0; number < count; number++)
        {
            string name = $"{prefix}{number}";
            _cluster.Done(node.Broker!.Operations.DeclareAsync(
                "/", name, true, false, Fields.Of(("x-queue-type", "quorum"))));
            _cluster.Until(
                () => Up.All(other => other.Broker!.AllQueues()
                    .Any(queue => queue.Name == name && other.Broker.Members.LeaderOf(queue) == node.Id)),
                what: "its leader");
        }
    }

    private bool AreEven() => _cluster.Nodes.All(node => Led(node) == 3);

    private static int Led(SimulatedNode node) => node.Broker!.QueueLinks!.Leaders.Count();

    private string[] Leaders() =>
    [
        .. Up.First().Broker!.AllQueues().OrderBy(static queue => queue.Name)
            .Select(queue => new QueueMembers(Up.First().Broker!, queue).LeaderName),
    ];

    private string[] Lines() =>
    [
        .. _cluster.Nodes.SelectMany(static node => node.Lines)
            .Where(static line => line.StartsWith("Leaders of replicated queues", StringComparison.Ordinal)),
    ];
}
