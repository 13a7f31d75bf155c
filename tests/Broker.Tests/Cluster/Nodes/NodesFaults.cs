using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Policies;
using Warren.Broker.Security;
using Warren.Broker.Tests.Policies;
using Warren.Broker.Topology;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>What goes wrong in a run, drawn from its seed.</summary>
internal sealed class NodesFaults(NodesSimulation world)
{
    private readonly MembershipOperator _operator = new(world);
    private readonly List<(long At, SimulatedNode Node)> _full = [];
    private readonly List<(long At, MessageBroker Broker)> _drained = [];
    private SimulatedNode? _cutOff;
    private long _cutOffTo;
    private PairCut? _pair;

    /// <summary>What was done when.</summary>
    public List<string> Story { get; } = [];

    /// <summary>
    /// A node is cut off for longer than anybody waits for it, or two from each other; nothing else happens meanwhile.
    /// </summary>
    public bool IsCuttingOff => _cutOff is not null || _pair is { IsOn: true };

    /// <summary>No node is on its way in or out.</summary>
    public bool IsMembershipQuiet => _operator.IsIdle;

    private Random Random => world.Random;

    private SimulatedCluster Cluster => world.Cluster;

    private SimulatedNetwork Network => Cluster.Network;

    private SimulatedNode[] Nodes => [.. Cluster.Nodes.Where(node => !node.IsForgotten)];

    /// <summary>Something happens.</summary>
    public void Draw()
    {
        SimulatedNode one = Nodes[Random.Next(Nodes.Length)];
        SimulatedNode other = Nodes[Random.Next(Nodes.Length)];
        switch (Random.Next(19))
        {
            case 0 or 1:
                Tell($"{one.Name} crashes");
                one.Crash();
                break;
            case 2 when !one.IsUp:
                Tell($"{one.Name} starts");
                one.Start();
                break;
            case 3:
                Tell($"{one.Name} loses all links");
                Array.ForEach(Nodes, each => Cut(one, each));
                break;
            case 4 when one != other:
                Tell($"{one.Name} and {other.Name} lose their link");
                Cut(one, other);
                break;
            case 5 when one != other:
                Tell($"nothing gets from {one.Name} to {other.Name}");
                Network.Block(one.Id, other.Id);
                break;
            case 6:
                BlockAll(one);
                break;
            case 7:
                ChangeNetwork();
                break;
            case 8 when Cluster.Leader is { } leader:
                Tell($"{leader.Name} hands over to {one.Name}");
                leader.Store.Post(new TurnEvent(() => leader.Store.Leader!.TransferLeadership(one.Id, new())));
                break;
            case 9:
                CrashAll();
                break;
            case 10:
                SlowDisk(one);
                break;
            case 11:
                StandStill(one);
                break;
            case 12:
                SetClock(one);
                break;
            case 13 when one.IsUp:
                FillDisk(one);
                break;
            case 14:
                _operator.Begin();
                break;
            case 15 when one.IsUp:
                HandOver(one);
                break;
            case 16:
                CutOff(one);
                break;
            case 17 when world.Replicates && IsMembershipQuiet:
                CutPair();
                break;
            default:
                Tell("all is well");
                MendAll();
                break;
        }
    }

    /// <summary>The policy for classic queues that are always there is set, or is another one, or is cleared.</summary>
    public void ChangeMirrors()
    {
        if (Cluster.Leader is not { IsUp: true } leader)
            return;
        string[] names = [.. Nodes.Where(_ => Random.Next(2) == 0).Select(static node => node.Name)];
        FieldTable? mirrors = Random.Next(5) switch
        {
            0 or 1 => null,
            2 => Fields.Of(("ha-mode", "exactly"), ("ha-params", 1 + Random.Next(3))),
            3 when names.Length > 0 => Fields.Of(("ha-mode", "nodes"), ("ha-params", names)),
            _ => Fields.Of(("ha-mode", "all")),
        };
        Tell(mirrors is null ? "queues are to have no mirrors" : $"queues are to have mirrors: {mirrors}");
        leader.Store.Post(new TurnEvent(() =>
        {
            // As for changes that clients ask for: a node that has no session yet makes none.
            if (!leader.Store.HasSession)
                return;
            if (mirrors is not null)
                leader.Store.Commit(new PolicyEntry("/", Mirrors(mirrors), IsOperators: false));
            else if (leader.Broker!.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
                && vhost.Policies.Find("mirrors", isOperators: false) is not null)
                leader.Store.Commit(new RemovalEntry(DefinitionKey.OfPolicy("/", "mirrors", isOperators: false)));
        }));
    }

    /// <summary>A policy of this definition for queues whose names match.</summary>
    public static Policy Mirrors(FieldTable definition, string pattern = "^m")
    {
        NamePattern.TryCompile(pattern, out NamePattern? names, out _);
        return new Policy("mirrors", names!, PolicyTarget.Queues, 0, definition);
    }

    public void Step()
    {
        _operator.Step();
        _pair?.Step();
        foreach ((long at, SimulatedNode node) in _full.Where(one => one.At <= Network.Now).ToArray())
        {
            node.Disk.CapacityBytes = long.MaxValue / 2;
            _full.Remove((at, node));
        }
        foreach ((long at, MessageBroker broker) in _drained.Where(one => one.At <= Network.Now).ToArray())
        {
            LeadAgain(broker);
            _drained.Remove((at, broker));
        }
        if (_cutOff is { } away && Network.Now >= _cutOffTo)
        {
            _cutOff = null;
            Tell($"{away.Name} has its links again");
            Cluster.SetCut(away, isCut: false);
        }
    }

    /// <summary>Everything is mended, and nothing happens any more.</summary>
    public void Heal()
    {
        Tell("everything is mended for good");
        Mend();
    }

    private void Mend()
    {
        Network.LossPercent = 0;
        Network.NoRoomPercent = 0;
        foreach ((_, SimulatedNode node) in _full)
            node.Disk.CapacityBytes = long.MaxValue / 2;
        _full.Clear();
        foreach ((_, MessageBroker broker) in _drained)
            LeadAgain(broker);
        _drained.Clear();
        MendAll();
    }

    private void CutPair()
    {
        Tell("all is well, and then two nodes are to lose their link for long");
        Mend();
        _pair = new PairCut(world, Tell);
    }

    private void StandStill(SimulatedNode node)
    {
        Tell($"{node.Name} stands still");
        node.StandStill(Random.Next(SimulatedNetwork.SilenceSteps));
    }

    private void SetClock(SimulatedNode node)
    {
        node.Clock.Error = TimeSpan.FromMinutes(Random.Next(-600, 600));
        Tell($"the clock of {node.Name} is off by {node.Clock.Error}");
    }

    private void BlockAll(SimulatedNode node)
    {
        Tell($"nothing gets from {node.Name} to anybody");
        foreach (SimulatedNode each in Nodes.Where(each => each != node))
            Network.Block(node.Id, each.Id);
    }

    // Often longer than nodes keep a lead.
    private void SlowDisk(SimulatedNode node)
    {
        int steps = Random.Next(2) == 0 ? Random.Next(1600) : Random.Next(400);
        Tell($"the disk of {node.Name} does nothing for {steps} steps");
        node.SlowDisk(steps);
    }

    private void FillDisk(SimulatedNode node)
    {
        Tell($"the disk of {node.Name} is full");
        node.Disk.CapacityBytes = node.Disk.CapacityBytes - node.Disk.FreeBytes;
        _full.Add((Network.Now + Random.Next(800), node));
    }

    // For longer than others wait for it: its session ends, and who owns a queue there is to hear of that.
    private void CutOff(SimulatedNode any)
    {
        _cutOff = world.Owners.FirstOrDefault(owner => owner.Owned is not null)?.Connection?.Node ?? any;
        _cutOffTo = Network.Now + 1200 + Random.Next(1200);
        Tell($"all is well but for {_cutOff.Name}, which is cut off for long");
        MendAll();
        foreach (SimulatedNode each in Nodes)
            Cut(_cutOff, each);
    }

    private void ChangeNetwork()
    {
        Network.LossPercent = Random.Next(3) * 10;
        Network.MostDelay = 1 + Random.Next(8);
        Network.NoRoomPercent = Random.Next(3) * 10;
        Tell($"the network loses {Network.LossPercent} %, takes {Network.MostDelay}");
    }

    private void CrashAll()
    {
        Tell("all crash");
        foreach (SimulatedNode node in Nodes)
            node.Crash();
        foreach (SimulatedNode node in Nodes)
            node.Start();
    }

    private void MendAll()
    {
        Network.MendAll();
        foreach (SimulatedNode node in Nodes.Where(node => !node.IsUp))
            node.Start();
    }

    private void HandOver(SimulatedNode node)
    {
        Tell($"{node.Name} hands over what it leads");
        _ = node.Broker!.HandOverAsync(TimeSpan.FromSeconds(1));
        _drained.Add((Network.Now + Random.Next(800), node.Broker));
    }

    private void LeadAgain(MessageBroker broker)
    {
        // It may have crashed meanwhile.
        if (Nodes.Any(node => node.Broker == broker))
            broker.LeadAgain();
    }

    private void Cut(SimulatedNode one, SimulatedNode other)
    {
        if (one == other)
            return;
        world.Report.Cuts++;
        Network.Cut(one.Id, other.Id);
    }

    public void Tell(string what) => Story.Add($"step {Network.Now}: {what}");
}
