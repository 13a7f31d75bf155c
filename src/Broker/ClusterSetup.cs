using System.Collections.Immutable;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Peers;

namespace Warren.Broker;

/// <summary>
/// What a broker needs to be one of several. Without it a broker is a cluster of one, and stays it.
/// </summary>
public sealed record ClusterSetup
{
    /// <summary>The identity of the data directory.</summary>
    public required NodeId Self { get; init; }

    /// <summary>What people call the node; no other member has the name.</summary>
    public required NodeName Name { get; init; }

    /// <summary>Where its peers find it, for them to remember.</summary>
    public string Address { get; init; } = "";

    public required IPeers Peers { get; init; }

    /// <summary>Times of what goes to queues on other nodes.</summary>
    public LineOptions Lines { get; init; } = new();

    public required IGroupTransport Transport { get; init; }

    /// <summary>Whose timer the broker's tick is; null: that of its clock.</summary>
    public TimeProvider? Ticks { get; init; }

    /// <summary>
    /// Makes who has the node's members of replicated queues; null: a <see cref="QueueReplication"/>.
    /// </summary>
    internal Func<MessageBroker, IReplication>? Replication { get; init; }

    /// <summary>The same for all members.</summary>
    public RaftOptions Options
    {
        get;
        init
        {
            field = value;
            QueueOptions = OfQueues(value);
        }
    } = new();

    /// <summary>Those of queues, which are many: less is kept, and clients' credit bounds what is on its way.</summary>
    internal RaftOptions QueueOptions { get; private init; } = OfQueues(new RaftOptions());

    /// <summary>
    /// How a directory without definitions begins: with these members, the same at each of them; empty: it waits for a
    /// leader that adds it (<see cref="Definitions.Nodes.ClusterMembership.AddLearnerAsync"/>).
    /// </summary>
    public required ImmutableArray<NodeId> Founders { get; init; }

    /// <summary>
    /// The node goes on without the other members, whoever they are (<see cref="RaftStart.BeginsAlone"/>): an
    /// operator's last resort, at one start. Queues that live on them go with them.
    /// </summary>
    public bool BeginsAlone { get; init; }

    /// <summary>
    /// With <see cref="BeginsAlone"/>: members of replicated queues that damage has left incomplete, or that were never
    /// brought all, go on with what they have, by an operator's word; else they would wait for a leader for ever. Asked
    /// whenever one is found: it ends when the start is done.
    /// </summary>
    public Func<bool> AcceptsLoss { get; init; } = static () => false;

    /// <summary>
    /// How long a change may wait for other nodes, ms, before whoever asked is told that it cannot be made. 10 s:
    /// several elections, and less than clients wait for an answer.
    /// </summary>
    public int PatienceMs { get; init; } = 10_000;

    /// <summary>
    /// How long the leader may hear nothing of a node, ms, before what its clients owned exclusively is deleted. 15 s:
    /// longer than any failover and than most restarts.
    /// </summary>
    public int SessionGraceMs { get; init; } = 15_000;

    /// <summary>
    /// How long the cluster must have been whole, ms, before leaders of queues are moved to make nodes lead about as
    /// many each. 30 s: a node that comes back brings its members up to date first, and one that goes up and down moves
    /// nothing.
    /// </summary>
    public int BalancingQuietMs { get; init; } = 30_000;

    /// <summary>Between two rounds of that, ms. 5 s: clients of a moved queue wait for some hundredths.</summary>
    public int BalancingEveryMs { get; init; } = 5000;

    private static RaftOptions OfQueues(RaftOptions options) =>
        options with { PayloadBytes = 256 * 1024, UncommittedBytes = long.MaxValue };
}
