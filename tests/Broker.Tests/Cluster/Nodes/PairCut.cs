using Warren.Broker.Queues.Replicated;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Two nodes lose their link for long while others reach both and all else is well: within some seconds clients of all
/// nodes are served by all quorum queues, whoever has led them.
/// </summary>
internal sealed class PairCut(NodesSimulation world, Action<string> tell)
{
    /// <summary>Within so many steps all is well before; else there is no cut.</summary>
    private const long CalmSteps = 3000;

    /// <summary>
    /// Within so many steps of the cut all are served: a second until a leader is told, again each second, three that
    /// it has served before, and the takeover.
    /// </summary>
    private const long ServedSteps = 1200;

    /// <summary>Longer than publishes wait for a leader.</summary>
    private const long CutSteps = 2600;

    private readonly List<ServiceProbe> _probes = [];
    private readonly long _begunAt = world.Cluster.Network.Now;
    private long _cutAt;

    /// <summary>Nothing else happens until it is over.</summary>
    public bool IsOn { get; private set; } = true;

    private SimulatedCluster Cluster => world.Cluster;

    private SimulatedNode[] Nodes => [.. Cluster.Nodes.Where(static node => !node.IsForgotten)];

    public void Step()
    {
        if (!IsOn)
            return;
        long now = Cluster.Network.Now;
        if (_cutAt == 0)
        {
            if (now - _begunAt > CalmSteps)
                IsOn = false;
            else if (IsCalm())
                Cut();
            return;
        }
        foreach (ServiceProbe probe in _probes)
            probe.Step();
        if (now - _cutAt == ServedSteps)
        {
            if (_probes.Find(static probe => !probe.IsDone) is { } waiting)
                throw new NodesException($"{waiting} {ServedSteps} steps after two nodes have lost their link");
            world.Report.Around++;
            // And once more, when all has been given up that could be.
            _probes.ForEach(static probe => probe.End());
            _probes.Clear();
        }
        if (now - _cutAt == CutSteps - ServedSteps / 2)
            Probe();
        if (now - _cutAt < CutSteps)
            return;
        if (_probes.Find(static probe => !probe.IsDone) is { } late)
            throw new NodesException($"{late}, {CutSteps} steps after two nodes have lost their link");
        _probes.ForEach(static probe => probe.End());
        tell("those two have their link again");
        Cluster.Network.MendAll();
        IsOn = false;
    }

    private void Cut()
    {
        SimulatedNode[] nodes = Nodes;
        SimulatedNode leader = LeaderOf("m2")!;
        SimulatedNode[] others = [.. nodes.Where(node => node != leader)];
        SimulatedNode other = others[world.Random.Next(others.Length)];
        tell($"{leader.Name} and {other.Name} lose their link for long");
        world.Report.Cuts++;
        Cluster.Network.Cut(leader.Id, other.Id);
        _cutAt = Cluster.Network.Now;
        Probe();
    }

    private void Probe()
    {
        foreach (SimulatedNode node in Nodes)
            _probes.Add(new ServiceProbe(world, node));
    }

    // Everybody serves and may lead, and all members of what is judged are in step.
    private bool IsCalm() => Nodes.Length > 2
        && Nodes.All(static node => node is { IsServing: true, Broker.Disks.IsUnfit: false })
        && !Nodes.Any(node => Nodes.Any(other => node.Broker!.Maintenance.Includes(other.Id)))
        && ServiceProbe.Queues.All(name => LeaderOf(name) is { } leader && MemberOn(leader, name) is { } member
            && member.InStep.Length == member.Consensus!.Members.Members.Length && member.InStep.Length > 2);

    private SimulatedNode? LeaderOf(string name) =>
        Array.Find(Nodes, node => MemberOn(node, name) is { IsServing: true });

    private static ReplicatedQueue? MemberOn(SimulatedNode node, string name) =>
        node.Broker?.AllQueues().FirstOrDefault(queue => queue.Name == name) is { } queue
            ? node.Broker.Replication?.Find(queue.Id)
            : null;
}
