using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Broker;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Cluster;

namespace Warren.Server.Control;

/// <summary>
/// <c>rebalance</c>: the leaders of replicated queues are spread over the nodes that run and are not under maintenance.
/// Which are to move is planned here; a leader hands over on its own node, and only to a member that is in sync, so
/// that the queue pauses for a moment. <c>transfer_leadership</c> does that with one queue.
/// </summary>
internal sealed class LeaderCommands(NodeHost host, OtherNodes others)
{
    /// <summary>Queues that one node hands over at the same time.</summary>
    private const int AtOnce = 64;

    /// <summary>How long a queue's next leader may take: a transfer is given up after less.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long a member that is to lead may take until it is in sync.</summary>
    private static readonly TimeSpan SyncPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private MessageBroker Broker => host.RequireServing().Broker;

    /// <summary><c>rebalance</c>: at the end a row for each node that leads some.</summary>
    public async Task<Action<Utf8JsonWriter>?> RebalanceAsync(ControlRequest request, ControlReply reply)
    {
        NamePattern vhosts = MemberCommands.PatternOf(request, "vhost_pattern");
        NamePattern queues = MemberCommands.PatternOf(request, "queue_pattern");
        QueueDefinition[] meant =
        [
            .. Broker.AllQueues().Where(queue => IsOfType(queue, request.Text("type"))
                && vhosts.Matches(queue.Vhost) && queues.Matches(queue.Name)),
        ];
        HashSet<NodeId> available = [.. (await AvailableAsync().ConfigureAwait(false)).Select(Broker.FindMember)];
        IReadOnlyList<LeaderMove> moves = LeaderPlan.Make([.. meant.Select(queue => LedOf(queue, available))]);
        await Task.WhenAll(moves.GroupBy(move => move.From).Select(some => MoveAsync(some.Key, [.. some], reply)))
            .ConfigureAwait(false);
        await WriteRowsAsync(meant, reply).ConfigureAwait(false);
        return null;
    }

    /// <summary><c>transfer_leadership</c>: ends when the member leads.</summary>
    public async Task<Action<Utf8JsonWriter>?> TransferAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = Broker.FindQueue(request.Vhost, request.Text("queue"));
        string to = request.Text("node");
        string named = $"queue '{queue.Name}' in vhost '{queue.Vhost}'";
        var members = new QueueMembers(Broker, queue);
        if (!queue.IsReplicated)
        {
            throw ControlRefusalException.Because(
                $"{named} is on {members.LeaderName} alone: there is no other member to lead it");
        }
        if (!members.Names.Contains(to))
        {
            throw ControlRefusalException.Because(
                $"{named} has no member on {to}, but on {string.Join(", ", members.Names)}");
        }
        HashSet<string> available = await AvailableAsync().ConfigureAwait(false);
        if (!available.Contains(to))
        {
            throw ControlRefusalException.Because(members.OnlineNames.Contains(to)
                ? $"{to} is under maintenance: 'rabbitmq-upgrade revive' there first"
                : "node_not_running");
        }
        NodeId next = Broker.FindMember(to);
        NodeId leader = Broker.Members.LeaderOf(queue);
        if (leader.IsNone)
            throw ControlRefusalException.Because($"nobody leads {named} now: see 'rabbitmq-queues quorum_status'");
        if (leader != next)
            await MoveAsync(leader, [new LeaderMove(queue, leader, next)], reply).ConfigureAwait(false);
        if (Broker.Members.LeaderOf(queue) == next)
            return null;
        throw ControlRefusalException.Because(
            $"{to} does not lead {named}: its member is not in step yet, its disk stalls or has an alarm, or another "
            + "one was elected meanwhile. 'rabbitmq-queues quorum_status' shows how far each is");
    }

    /// <summary>
    /// What another node asks in <c>rebalance</c>: this one hands over queues that it leads. Ends when they are led by
    /// others, or in time.
    /// </summary>
    public async Task<Action<Utf8JsonWriter>?> HandOverAsync(ControlRequest request, ControlReply reply)
    {
        Dictionary<string, QueueDefinition> known = Broker.AllQueues().ToDictionary(IdOf);
        await Task.WhenAll(request.Texts("queues").Zip(request.Texts("nodes"))
            .Where(move => known.ContainsKey(move.First))
            .Select(move => HandOverAsync(
                known[move.First], Broker.FindMember(move.Second), reply.Cancellation)))
            .ConfigureAwait(false);
        return null;
    }

    private static bool IsOfType(QueueDefinition queue, string type) => type switch
    {
        "quorum" => queue.Type == QueueType.Quorum,
        "classic" => queue is { Type: QueueType.Classic, IsReplicated: true },
        _ => queue.IsReplicated || queue.Type == QueueType.Quorum,
    };

    private static string IdOf(QueueDefinition queue) => queue.Id.Value.ToString(CultureInfo.InvariantCulture);

    private async Task<HashSet<string>> AvailableAsync()
    {
        Node node = host.RequireNode();
        ImmutableArray<byte[]> answers = node.Membership is { } membership
            ? await membership.AskOthersAsync().ConfigureAwait(false)
            : [];
        return
        [
            .. answers.Append(NodeDescription.Write(host)).Select(NodeDescription.Read).OfType<JsonElement>()
                .Where(one => one.GetProperty("maintenance_status").GetString() == NodeDescription.NotUnderMaintenance)
                .Select(one => one.GetProperty("node").GetString()!),
        ];
    }

    private LedQueue LedOf(QueueDefinition queue, HashSet<NodeId> available)
    {
        var members = new QueueMembers(Broker, queue);
        NodeId leader = Broker.FindMember(members.LeaderName);
        if (!queue.IsReplicated || Broker.Members.LeaderOf(queue).IsNone)
            return new LedQueue(queue, leader, []);
        IEnumerable<NodeId> online = members.OnlineNames.Select(Broker.FindMember);
        return new LedQueue(queue, leader, [.. online.Where(node => node != leader && available.Contains(node))]);
    }

    private async Task MoveAsync(NodeId leader, LeaderMove[] moves, ControlReply reply)
    {
        string from = Broker.NameOfMember(leader);
        foreach (LeaderMove[] some in moves.Chunk(AtOnce))
        {
            if (from == host.Options.Places.NodeName)
            {
                await Task.WhenAll(some.Select(move => HandOverAsync(move.Queue, move.To, reply.Cancellation)))
                    .ConfigureAwait(false);
                continue;
            }
            ControlRequest asked = RequestOf(some);
            (_, string? reason) = await others.AskAsync(from, asked, static _ => { }, reply.Cancellation)
                .ConfigureAwait(false);
            if (reason is not null)
            {
                host.Log.Write(
                    LogLevel.Warning, LogCategory.Queue, $"{from} has not handed over queues that it leads: {reason}");
                return;
            }
            foreach (LeaderMove move in some)
                await SeesLeaderAsync(move.Queue, leader, reply.Cancellation).ConfigureAwait(false);
        }
    }

    private ControlRequest RequestOf(LeaderMove[] moves)
    {
        var arguments = new JsonObject
        {
            ["queues"] = new JsonArray([.. moves.Select(move => JsonValue.Create(IdOf(move.Queue)))]),
            ["nodes"] = new JsonArray([.. moves.Select(move => JsonValue.Create(Broker.NameOfMember(move.To)))]),
        };
        using JsonDocument document = JsonDocument.Parse(arguments.ToJsonString());
        return new ControlRequest("hand_over_queues", document.RootElement.Clone());
    }

    private async Task HandOverAsync(QueueDefinition queue, NodeId next, CancellationToken cancellation)
    {
        NodeId self = Broker.FindMember(host.Options.Places.NodeName);
        long begun = host.Seams.Time.GetTimestamp();
        // A leader that is new does not know yet how far the others are.
        while (!await Broker.Members.TransferAsync(queue, next).ConfigureAwait(false))
        {
            if (host.Seams.Time.GetElapsedTime(begun) > SyncPatience)
                return;
            await Task.Delay(LookEvery, host.Seams.Time, cancellation).ConfigureAwait(false);
        }
        await SeesLeaderAsync(queue, self, cancellation).ConfigureAwait(false);
    }

    // Somebody else than before; or it has come to nothing, and stays.
    private async Task SeesLeaderAsync(QueueDefinition queue, NodeId before, CancellationToken cancellation)
    {
        long begun = host.Seams.Time.GetTimestamp();
        while ((Broker.Members.LeaderOf(queue) == before || Broker.Members.LeaderOf(queue).IsNone)
            && host.Seams.Time.GetElapsedTime(begun) < Patience)
            await Task.Delay(LookEvery, host.Seams.Time, cancellation).ConfigureAwait(false);
    }

    private async Task WriteRowsAsync(QueueDefinition[] queues, ControlReply reply)
    {
        foreach (IGrouping<string, QueueDefinition> led in queues
            .GroupBy(queue => new QueueMembers(Broker, queue).LeaderName)
            .OrderBy(some => some.Key, StringComparer.Ordinal))
        {
            await reply.RowAsync(json =>
            {
                json.Atom(led.Key);
                json.WriteNumberValue(led.Count(queue => queue.Type == QueueType.Quorum));
                json.WriteNumberValue(led.Count(queue => queue.Type == QueueType.Classic));
            }).ConfigureAwait(false);
        }
    }
}
