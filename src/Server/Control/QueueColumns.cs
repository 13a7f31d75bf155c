using System.Collections.Immutable;
using System.Text.Json;
using Warren.Broker.Operations;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Server.Definitions;

namespace Warren.Server.Control;

/// <summary>
/// What <c>list_queues</c> shows. Counts are read as they stand, without asking the queue's turn: a list of a hundred
/// thousand queues disturbs none of them.
/// </summary>
internal static class QueueColumns
{
    /// <summary>Tells the pid of a queue from that of a connection or a channel with the same id.</summary>
    private const int PidSerial = 65_536;

    public static ColumnSet<QueueDefinition> Of(NodeHost host)
    {
        void Nothing(Utf8JsonWriter json, QueueDefinition queue) => json.WriteStringValue("");
        return new ColumnSet<QueueDefinition>(
            ("name", (json, queue) => json.WriteStringValue(queue.Name)),
            ("durable", (json, queue) => json.WriteBooleanValue(queue.Durable)),
            ("auto_delete", (json, queue) => json.WriteBooleanValue(queue.AutoDelete)),
            ("arguments", (json, queue) => json.Table(queue.Arguments)),
            ("pid", (json, queue) => json.Pid(host, queue.Id.Value, PidSerial, LeaderOf(host, queue))),
            ("owner_pid", (json, queue) => OwnerPid(json, host, queue)),
            ("exclusive", (json, queue) => Exclusive(json, queue)),
            ("exclusive_consumer_pid", (json, queue) => HolderPid(json, host, queue)),
            ("exclusive_consumer_tag", (json, queue) => json.WriteStringValue(ExclusiveHolder(queue)?.Tag ?? "")),
            ("messages", Count(home => home.ReadyCount + home.UnackedCount)),
            ("messages_ready", Count(home => home.ReadyCount)),
            ("messages_unacknowledged", Count(home => home.UnackedCount)),
            ("message_bytes", Count(home => home.MessageBytes)),
            ("message_bytes_ready", Count(home => home.ReadyBytes)),
            ("message_bytes_unacknowledged", Count(home => home.UnackedBytes)),
            ("message_bytes_ram", Count(home => home.ResidentBytes)),
            ("memory", Count(home => home.ResidentBytes)),
            ("consumers", Count(home => home.ConsumerCount)),
            ("state", (json, queue) => json.Atom(queue.Home.IsReached ? "running" : "down")),
            ("type", (json, queue) => json.Atom(TypeOf(queue))),
            ("leader", (json, queue) => Leader(json, host, queue)),
            ("members", Members(host, static members => members.Names)),
            ("online", Members(host, static members => members.OnlineNames)),
            ("policy", (json, queue) => json.WriteStringValue(PolicyOf(host, queue)?.Policy?.Name ?? "")),
            ("operator_policy", (json, queue) =>
                json.WriteStringValue(PolicyOf(host, queue)?.OperatorPolicy?.Name ?? "")),
            ("effective_policy_definition", (json, queue) => Definition(json, PolicyOf(host, queue))),
            // What a queue does not count: RabbitMQ leaves a cell empty too when it does not know.
            ("messages_ready_ram", Nothing),
            ("messages_unacknowledged_ram", Nothing),
            ("messages_ram", Nothing),
            ("messages_persistent", Nothing),
            ("message_bytes_persistent", Nothing),
            ("head_message_timestamp", Nothing),
            ("disk_reads", Nothing),
            ("disk_writes", Nothing),
            ("consumer_utilisation", Nothing),
            ("consumer_capacity", Nothing),
            ("slave_pids", MirrorPids(host, static members => members.FollowerNames)),
            ("synchronised_slave_pids", MirrorPids(host, static members => members.FollowerNamesInStep)),
            ("mirror_pids", MirrorPids(host, static members => members.FollowerNames)),
            ("synchronised_mirror_pids", MirrorPids(host, static members => members.FollowerNamesInStep)),
            ("slave_nodes", Mirrors(host, static members => members.FollowerNames)),
            ("synchronised_slave_nodes", Mirrors(host, static members => members.FollowerNamesInStep)));
    }

    public static string TypeOf(QueueDefinition queue) => queue.Type switch
    {
        QueueType.Quorum => "quorum",
        QueueType.Stream => "stream",
        _ => "classic",
    };

    // What its home counts is not known while that is out of reach: what it said last may be wrong since long.
    private static Action<Utf8JsonWriter, QueueDefinition> Count(Func<QueueHome, long> count) => (json, queue) =>
    {
        if (queue.Home.IsReached)
            json.WriteNumberValue(count(queue.Home));
        else
            json.WriteStringValue("");
    };

    private static string HomeOf(NodeHost host, QueueDefinition queue) =>
        host.Node?.Broker.HomeNameOf(queue) ?? host.Options.Places.NodeName;

    private static string LeaderOf(NodeHost host, QueueDefinition queue) =>
        host.Node is { } node ? new QueueMembers(node.Broker, queue).LeaderName : HomeOf(host, queue);

    private static EffectivePolicy? PolicyOf(NodeHost host, QueueDefinition queue) =>
        host.Node is { } node && node.Broker.Topology.Vhosts.TryGetValue(queue.Vhost, out Vhost? vhost)
        && vhost.Policies.OfQueues.TryGetValue(queue.Name, out EffectivePolicy? policy)
            ? policy
            : null;

    private static void Definition(Utf8JsonWriter json, EffectivePolicy? policy)
    {
        if (policy is null)
            json.WriteStringValue("");
        else
            JsonFields.Write(json, policy.Definition);
    }

    private static void Leader(Utf8JsonWriter json, NodeHost host, QueueDefinition queue)
    {
        if (queue.Type == QueueType.Classic)
            json.WriteStringValue("");
        else
            json.Atom(LeaderOf(host, queue));
    }

    // RabbitMQ says nothing of them where the queue is a classic one.
    private static Action<Utf8JsonWriter, QueueDefinition> Members(
        NodeHost host, Func<QueueMembers, IEnumerable<string>> names) => (json, queue) =>
    {
        if (queue.Type == QueueType.Classic)
            json.WriteStringValue("");
        else if (host.Node is { } node)
            json.Atoms(names(new QueueMembers(node.Broker, queue)));
        else
            json.Atoms([]);
    };

    // Of queues without mirrors RabbitMQ says nothing.
    private static Action<Utf8JsonWriter, QueueDefinition> Mirrors(
        NodeHost host, Func<QueueMembers, ImmutableArray<string>> names) => (json, queue) =>
    {
        if (host.Node is { } node && queue is { Type: QueueType.Classic, IsReplicated: true })
            json.Atoms(names(new QueueMembers(node.Broker, queue)));
        else
            json.WriteStringValue("");
    };

    private static Action<Utf8JsonWriter, QueueDefinition> MirrorPids(
        NodeHost host, Func<QueueMembers, ImmutableArray<string>> names) => (json, queue) =>
    {
        if (host.Node is { } node && queue is { Type: QueueType.Classic, IsReplicated: true })
        {
            json.WriteStartArray();
            foreach (string name in names(new QueueMembers(node.Broker, queue)))
                json.Pid(host, queue.Id.Value, PidSerial, name);
            json.WriteEndArray();
        }
        else
            json.WriteStringValue("");
    };

    private static void Exclusive(Utf8JsonWriter json, QueueDefinition queue)
    {
        // RabbitMQ says nothing of it where there can be none.
        if (queue.Type == QueueType.Classic)
            json.WriteBooleanValue(queue.OwnerConnectionId != 0);
        else
            json.WriteStringValue("");
    }

    private static void OwnerPid(Utf8JsonWriter json, NodeHost host, QueueDefinition queue)
    {
        if (queue.OwnerConnectionId == 0)
            json.WriteStringValue("");
        else
            json.Pid(host, queue.OwnerConnectionId, 0, HomeOf(host, queue));
    }

    private static ConsumerStatus? ExclusiveHolder(QueueDefinition queue) =>
        queue.Home.Holder is { Exclusive: true } holder ? holder : null;

    private static void HolderPid(Utf8JsonWriter json, NodeHost host, QueueDefinition queue)
    {
        if (ExclusiveHolder(queue) is { } holder)
            json.Pid(host, holder.ConnectionId, holder.Channel, host.Node?.Broker.NodeNameOf(holder));
        else
            json.WriteStringValue("");
    }
}
