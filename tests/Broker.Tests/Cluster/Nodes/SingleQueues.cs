using Warren.Amqp;
using Warren.Broker.Queues;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Queues that have one active consumer at a time: one on its home alone, one that policies give members, and one that
/// has some from the beginning where queues are replicated.
/// </summary>
internal static class SingleQueues
{
    private const string Lone = "s0";

    // Its name is one that policies are for.
    private const string Mirrored = "ms1";

    private const string Quorum = "s2";

    public static IReadOnlyList<string> Names { get; } = [Lone, Mirrored, Quorum];

    /// <summary>They are made, each on another node.</summary>
    public static void Declare(NodesSimulation world)
    {
        for (int number = 0; number < Names.Count; number++)
        {
            string name = Names[number];
            var arguments = new FieldTable { ["x-single-active-consumer"] = FieldValue.Of(true) };
            if (name == Quorum && world.Replicates)
            {
                arguments["x-queue-type"] = FieldValue.Of("quorum");
                world.Ledger.Replicated.Add(name);
            }
            else if (name == Mirrored && world.Mirrors)
                world.Ledger.Mirrored.Add(name);
            world.Declare(name, world.Cluster.Nodes[number], arguments);
        }
    }

    /// <summary>
    /// Something waits in one of them, or is with somebody; empty: nothing. Of those that come and go one is the active
    /// one, and takes all.
    /// </summary>
    public static string Untaken(NodesSimulation world) => string.Join('\n', Names
        .Select(name => (Name: name, Home: world.HomeOf(name)))
        .Where(static one => one.Home is not { ReadyCount: 0, UnackedCount: 0 })
        .Select(static one => $"{one.Name} has {one.Home?.ReadyCount} messages, {one.Home?.UnackedCount} of them with "
            + $"clients, and {one.Home?.ConsumerCount} consumers"));
}
