using Warren.Amqp;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Broker.Tests.Policies;
using Warren.Storage;
using Warren.Storage.Disk;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// Three nodes with replicated queues, and what they take on their disks at each step, beside what lives in the queues.
/// </summary>
internal sealed class DiskUse
{
    /// <summary>Of the nodes' logs.</summary>
    public const int SegmentBytes = 256 * 1024;

    /// <summary>
    /// What a node may take beyond twice what lives: the 256 MiB of production are eight of its segments of 32 MiB.
    /// </summary>
    public const long MostBeyondBytes = 8 * SegmentBytes;

    // As NodeLogOptions.For sizes a small disk.
    private static readonly NodeLogOptions Log = new()
    {
        SegmentBytes = SegmentBytes,
        PendingLimitBytes = SegmentBytes / 4,
        MostRoundBytes = SegmentBytes,
        CheckpointSpacingBytes = SegmentBytes,
        ReserveBytes = SegmentBytes,
    };

    public DiskUse(int seed = 1)
    {
        Cluster = new SimulatedCluster(3, seed: seed, mostTurns: 100, log: Log).StartAll();
        Cluster.UntilServing();
    }

    public SimulatedCluster Cluster { get; }

    /// <summary>What of bodies is published and was not settled for good.</summary>
    public long LiveBytes { get; set; }

    /// <summary>The most that a node had beyond twice what lived then.</summary>
    public long BeyondBytes { get; private set; } = long.MinValue;

    /// <summary>The most that a node had.</summary>
    public long MostBytes { get; private set; }

    /// <summary>What the node that wrote the most has written.</summary>
    public long WrittenBytes => Cluster.Nodes.Max(node => node.Broker!.Storage!.WrittenBytes);

    /// <summary>A queue with a member on each node: a quorum queue, or a classic one that a policy mirrors.</summary>
    public void Declare(string name, bool isQuorum = true, params (string Name, object? Value)[] arguments)
    {
        MessageBroker broker = Cluster[1].Broker!;
        if (isQuorum)
            arguments = [("x-queue-type", "quorum"), .. arguments];
        else
            Done(broker.Administration.Policies.SetAsync("/", name, $"^{name}$", Fields.Of(("ha-mode", "all"))));
        Done(broker.Operations.DeclareAsync("/", name, true, false, Fields.Of(arguments)));
    }

    public DiskUseClient Connect(int node)
    {
        var client = new DiskUseClient(this, Cluster[node].Connect());
        Until(() => client.IsOpen, "a channel");
        return client;
    }

    /// <summary>Goes on until something holds, and looks at the disks meanwhile.</summary>
    public void Until(Func<bool> condition, string what) => Cluster.Until(
        () =>
        {
            Look();
            return condition();
        },
        what: what);

    /// <summary>Goes on for so many steps.</summary>
    public void Steps(int count)
    {
        for (; count > 0; count--)
        {
            Cluster.Step();
            Look();
        }
    }

    /// <summary>The node has a member that leads.</summary>
    public static bool Leads(SimulatedNode node) =>
        ((QueueReplication)node.Broker!.Replication!).Members.Any(static member => member.IsServing);

    /// <summary>What a node's disk has, of segments, checkpoints and all else.</summary>
    public static long BytesOf(SimulatedNode node) => MemoryDisk.DefaultCapacityBytes - node.Disk.FreeBytes;

    private void Done(Task task) => Cluster.Done(task).GetAwaiter().GetResult();

    private void Look()
    {
        foreach (SimulatedNode node in Cluster.Nodes)
        {
            MostBytes = Math.Max(MostBytes, BytesOf(node));
            BeyondBytes = Math.Max(BeyondBytes, BytesOf(node) - (2 * LiveBytes));
        }
    }
}
