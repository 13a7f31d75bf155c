using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Cluster;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Replicated queues that get a message now and then, so that their groups rest between. When at last nobody does
/// anything, all groups of all nodes must come to rest and stay with their leaders; then a node that leads falls
/// silent, in one way or another, also one that no link's end tells of, and the others must notice.
/// </summary>
internal sealed class QuietQueues(NodesSimulation world)
{
    /// <summary>
    /// Within so many steps all rest: what works on says so five beats long, and members are looked at now and then.
    /// </summary>
    private const long RestSteps = 8000;

    /// <summary>For so many steps nothing changes: twice as long as a member waits that hears nothing.</summary>
    private const long CalmSteps = 800;

    /// <summary>
    /// Within so many steps another node leads: five times as long as a member waits at most, since two may stand at
    /// once.
    /// </summary>
    private const long NoticeSteps = 2000;

    private readonly List<(string Name, QueueId Id)> _queues = [];

    public static IReadOnlyList<string> Names { get; } = ["q0", "q1", "q2"];

    private SimulatedCluster Cluster => world.Cluster;

    private SimulatedNetwork Network => Cluster.Network;

    private IEnumerable<SimulatedNode> Running => Cluster.Nodes.Where(node => !node.IsForgotten);

    /// <summary>They are made, each first led by another node.</summary>
    public void Declare()
    {
        foreach (string name in Names)
        {
            SimulatedNode home = Cluster.Nodes[_queues.Count];
            var arguments = new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") };
            Cluster.Done(home.Broker!.Operations.DeclareAsync("/", name, true, false, arguments));
            world.Ledger.Replicated.Add(name);
            world.Ledger.Homes.Add(name, home);
            world.Ledger.Takeovers.Watch(name, home.Broker!);
            _queues.Add((name, home.Broker!.AllQueues().Single(queue => queue.Name == name).Id));
        }
    }

    /// <summary>Nobody does anything any more, and nothing else goes wrong.</summary>
    public void CheckSilence()
    {
        CheckCalm(Calm());
        if (Draw() is not { } silent)
            return;
        (string Name, QueueId Id)[] led = [.. _queues.Where(queue => MustBeLedWithout(silent, queue.Id))];
        string how = Silence(silent);
        world.Until(() => Unnoticed(silent, how, led), NoticeSteps);
        if (!silent.IsUp)
            silent.Start();
        silent.StandStill(0);
        Network.NoticesSilence = true;
        Network.MendAll();
        world.Until(Unrest, RestSteps);
    }

    // The terms as of its beginning. What is balanced moves, and comes to an end.
    private Term[] Calm()
    {
        int moves;
        Term[] terms;
        do
        {
            world.Until(Unrest, RestSteps);
            moves = Balancings();
            terms = [.. _queues.Select(queue => LeaderOf(queue.Id)!.Term)];
            for (long step = 0; step < CalmSteps; step++)
                world.Step();
        }
        while (Balancings() != moves);
        return terms;
    }

    private int Balancings() => Running.Sum(static node => node.Lines.Count(
        static line => line.StartsWith("Leaders of replicated queues are balanced", StringComparison.Ordinal)));

    private static RaftGroup? MemberOf(SimulatedNode node, QueueId queue) =>
        node.Broker?.Replication?.Find(queue)?.Consensus;

    private RaftGroup? LeaderOf(QueueId queue) => Running.Select(node => MemberOf(node, queue))
        .Where(static member => member is { IsLeader: true }).MaxBy(static member => member!.Term);

    private string Unrest()
    {
        foreach (SimulatedNode node in Running)
        {
            if (node.Transport?.ActiveGroups is { Length: > 0 } active)
            {
                return $"{node.Name} has groups that do not rest: "
                    + string.Join(", ", active.Select(group => Describe(node, group)));
            }
        }
        return _queues.Find(queue => LeaderOf(queue.Id) is null).Name is { } name ? $"nobody leads {name}" : "";
    }

    private static string Describe(SimulatedNode node, GroupId group)
    {
        QueueDefinition? queue = node.Broker!.AllQueues().FirstOrDefault(queue => queue.Id.Value == group.Value);
        return queue is not null && MemberOf(node, queue.Id) is { } member
            ? $"{queue.Name} (follows {member.Leader} in term {member.Term}, {member.Soundness})"
            : $"{group}";
    }

    // Who rests takes the same node for the leader as the others, asks for no election, and has all there is.
    private void CheckCalm(Term[] terms)
    {
        foreach ((Term before, (string name, QueueId id)) in terms.Zip(_queues))
        {
            SimulatedNode leading = Running.Single(node => MemberOf(node, id) is { IsLeader: true });
            RaftGroup leader = MemberOf(leading, id)!;
            foreach (SimulatedNode node in Running)
            {
                if (MemberOf(node, id) is { } member && (member.Leader != leading.Id || member.Term != before
                    || member.Applied != leader.LastIndex))
                {
                    throw new NodesException(
                        $"{node.Name} follows {member.Leader} in term {member.Term} of the quiet {name} and has "
                        + $"applied {member.Applied}; {leading.Name} has led it since term {before} and is at "
                        + $"{leader.LastIndex}");
                }
            }
        }
    }

    // One that leads some of them, and without which they have a majority.
    private SimulatedNode? Draw()
    {
        SimulatedNode[] leading = [.. Running.Where(node => _queues.Exists(queue => MustBeLedWithout(node, queue.Id)))];
        return leading.Length == 0 ? null : leading[world.Random.Next(leading.Length)];
    }

    private static bool MustBeLedWithout(SimulatedNode node, QueueId queue) =>
        MemberOf(node, queue) is { IsLeader: true, Members: var members } && members.Voters > 2;

    private string Silence(SimulatedNode node)
    {
        Network.NoticesSilence = false;
        SimulatedNode[] others = [.. Running.Where(other => other != node)];
        switch (world.Random.Next(5))
        {
            case 0:
                Array.ForEach(others, other => Network.Block(node.Id, other.Id));
                return "is not heard by anybody";
            case 1:
                Array.ForEach(others, other => Network.Block(other.Id, node.Id));
                return "hears nobody";
            case 2:
                Array.ForEach(others, other => Network.Cut(node.Id, other.Id));
                return "is cut off";
            case 3:
                node.Crash();
                return "is gone";
            default:
                node.StandStill(int.MaxValue);
                return "stands still";
        }
    }

    private string Unnoticed(SimulatedNode silent, string how, (string Name, QueueId Id)[] led)
    {
        foreach ((string name, QueueId id) in led)
        {
            if (!Running.Any(node => node != silent && node.Broker?.Replication?.Find(id) is { IsServing: true }))
                return $"{silent.Name}, which led the quiet {name}, {how}, and nobody else leads it";
        }
        return "";
    }
}
