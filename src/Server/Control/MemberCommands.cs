using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Cluster;

namespace Warren.Server.Control;

/// <summary>
/// The commands that change which members quorum queues have. What is asked for becomes a wish in the definitions; each
/// waits, with a limit, until the queue's group has followed. Members of mirrored queues follow their policy instead.
/// </summary>
internal sealed class MemberCommands(NodeHost host, ClusterCommands cluster)
{
    /// <summary>How long a change may take: a few elections, and a member that is let vote gets all first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How often it is looked whether the group has followed.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Queues that are changed at the same time.</summary>
    private const int AtOnce = 32;

    private const string Late = "timeout";

    private MessageBroker Broker => host.RequireServing().Broker;

    /// <summary><c>add_member</c>.</summary>
    public async Task<Action<Utf8JsonWriter>?> AddAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = FindQuorum(request, "Cannot add members to a classic queue");
        string node = request.Text("node");
        if (!cluster.RunningMembers.Contains(node))
            throw ControlRefusalException.Because("node_not_running");
        string? error = await ChangeAsync(
            queue, node, adds: true, waitsForVote: request.FindText("membership") == "voter", reply.Cancellation)
            .ConfigureAwait(false);
        if (error is not null)
            throw Refusal(error, queue, $"is to have a member on {node}, which gets one");
        return null;
    }

    /// <summary><c>delete_member</c>: the node may be down.</summary>
    public async Task<Action<Utf8JsonWriter>?> DeleteAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = FindQuorum(request, "Cannot delete members from a classic queue");
        string node = request.Text("node");
        string? error = await ChangeAsync(queue, node, adds: false, waitsForVote: false, reply.Cancellation)
            .ConfigureAwait(false);
        if (error is not null)
            throw Refusal(error, queue, $"is to have no member on {node}, whose member goes");
        return null;
    }

    /// <summary><c>grow</c>: a row for each queue that gets a member.</summary>
    public Task<Action<Utf8JsonWriter>?> GrowAsync(ControlRequest request, ControlReply reply)
    {
        string node = request.Text("node");
        NamePattern vhosts = PatternOf(request, "vhost_pattern");
        NamePattern queues = PatternOf(request, "queue_pattern");
        bool isEven = request.Text("strategy") == "even";
        if (!cluster.RunningMembers.Contains(node))
            return Task.FromResult<Action<Utf8JsonWriter>?>(null);
        bool waitsForVote = request.FindText("membership") == "voter";
        return ChangeAllAsync(
            QuorumQueues().Where(queue => !IsOn(queue, node)
                && (!isEven || queue.LivesOn.Length % 2 == 0)
                && vhosts.Matches(queue.Vhost) && queues.Matches(queue.Name)),
            node, adds: true, waitsForVote, request, reply);
    }

    /// <summary><c>shrink</c>: a row for each queue that has a member there; the node may be down.</summary>
    public Task<Action<Utf8JsonWriter>?> ShrinkAsync(ControlRequest request, ControlReply reply)
    {
        string node = request.Text("node");
        return ChangeAllAsync(
            QuorumQueues().Where(queue => IsOn(queue, node)), node, adds: false, waitsForVote: false, request, reply);
    }

    /// <summary>
    /// <c>check_if_new_quorum_queue_replicas_have_finished_initial_sync</c>: queues whose member here does not vote
    /// yet.
    /// </summary>
    public Task<Action<Utf8JsonWriter>?> UnsyncedAsync(ControlRequest request, ControlReply reply)
    {
        MessageBroker broker = Broker;
        NodeId self = broker.FindMember(host.Options.Places.NodeName);
        QueueDefinition[] unsynced =
        [
            .. QuorumQueues().Where(queue => queue.Members.Contains(self)
                && broker.Members.MembersOf(queue)?.Any(member => member.Id == self && member.IsVoter) != true),
        ];
        return Task.FromResult<Action<Utf8JsonWriter>?>(json => Diagnostics.WriteQueues(json, unsynced));
    }

    /// <summary><c>reclaim_quorum_memory</c>: what waits leaves memory by itself, and nothing is to be done.</summary>
    public Task<Action<Utf8JsonWriter>?> ReclaimAsync(ControlRequest request, ControlReply reply)
    {
        QueueDefinition queue = Broker.FindQueue(request.Vhost, request.Text("queue"));
        if (queue.Type != QueueType.Quorum)
            throw ControlRefusalException.Because("This operation is not applicable to classic queues");
        return Task.FromResult<Action<Utf8JsonWriter>?>(null);
    }

    /// <exception cref="ControlRefusalException">It is no regular expression.</exception>
    public static NamePattern PatternOf(ControlRequest request, string name) =>
        NamePattern.TryCompile(request.Text(name), out NamePattern? pattern, out string? error)
            ? pattern
            : throw new ControlRefusalException(ControlRefusalException.InvalidArgumentKind, error);

    // It is to have a member there, or lives there.
    private bool IsOn(QueueDefinition queue, string node) =>
        new QueueMembers(Broker, queue).WishedNames.Contains(node);

    private IEnumerable<QueueDefinition> QuorumQueues() => Broker.AllQueues()
        .Where(queue => queue.Type == QueueType.Quorum)
        .OrderBy(queue => queue.Vhost, StringComparer.Ordinal)
        .ThenBy(queue => queue.Name, StringComparer.Ordinal);

    private QueueDefinition FindQuorum(ControlRequest request, string otherwise)
    {
        QueueDefinition queue = Broker.FindQueue(request.Vhost, request.Text("queue"));
        return queue.Type == QueueType.Quorum ? queue : throw ControlRefusalException.Because(otherwise);
    }

    private static ControlRefusalException Refusal(string error, QueueDefinition queue, string goesOn) =>
        ControlRefusalException.Because(error == Late
            ? $"timeout: queue '{queue.Name}' in vhost '{queue.Vhost}' {goesOn} as soon as it can: 'rabbitmq-queues "
                + "quorum_status' shows how far it is"
            : error);

    private async Task<Action<Utf8JsonWriter>?> ChangeAllAsync(
        IEnumerable<QueueDefinition> queues, string node, bool adds, bool waitsForVote, ControlRequest request,
        ControlReply reply)
    {
        bool showsErrorsOnly = request.Flag("errors_only");
        foreach (QueueDefinition[] some in queues.Chunk(AtOnce))
        {
            string?[] errors = await Task.WhenAll(some.Select(
                queue => ChangeAsync(queue, node, adds, waitsForVote, reply.Cancellation))).ConfigureAwait(false);
            for (int at = 0; at < some.Length; at++)
            {
                if (showsErrorsOnly && errors[at] is null)
                    continue;
                (QueueDefinition queue, string? error) = (some[at], errors[at]);
                await reply.RowAsync(json => WriteRow(json, queue, adds, error)).ConfigureAwait(false);
            }
            await reply.FlushAsync().ConfigureAwait(false);
        }
        return null;
    }

    private static void WriteRow(Utf8JsonWriter json, QueueDefinition queue, bool adds, string? error)
    {
        int before = queue.LivesOn.Length;
        json.WriteStringValue(queue.Vhost);
        json.WriteStringValue(queue.Name);
        if (error == Late)
            json.WriteStringValue("?");
        else
            json.WriteNumberValue(error is not null ? before : adds ? before + 1 : before - 1);
        json.WriteStringValue(error switch
        {
            null => "ok",
            "last_node" => "error: the last node cannot be removed",
            Late => "error: the operation timed out and may not have been completed",
            _ => "error: " + error,
        });
    }

    /// <returns>Why it is not done; null: it is.</returns>
    private async Task<string?> ChangeAsync(
        QueueDefinition queue, string name, bool adds, bool waitsForVote, CancellationToken cancellation)
    {
        NodeId node = Broker.FindMember(name);
        if (node.IsNone && !(IsOn(queue, name) && adds))
            return adds ? "node_not_running" : null;
        long begun = host.Seams.Time.GetTimestamp();
        MemberChangeOutcome outcome;
        while ((outcome = await Broker.Members.ChangeAsync(queue, node, adds)
            .WaitAsync(cancellation).ConfigureAwait(false)) == MemberChangeOutcome.Begins)
        {
            if (host.Seams.Time.GetElapsedTime(begun) > Patience)
                return Late;
            await Task.Delay(LookEvery, host.Seams.Time, cancellation).ConfigureAwait(false);
        }
        return outcome switch
        {
            MemberChangeOutcome.Gone => "not_found",
            MemberChangeOutcome.LastMember => "last_node",
            MemberChangeOutcome.NotReplicated =>
                $"queue '{queue.Name}' in vhost '{queue.Vhost}' is on {Broker.HomeNameOf(queue)} alone, and that is "
                + "no node of a cluster",
            MemberChangeOutcome.Full =>
                $"queue '{queue.Name}' in vhost '{queue.Vhost}' has {queue.Members.Length} members, and may have no "
                + "more",
            MemberChangeOutcome.NotInCluster => "node_not_running",
            MemberChangeOutcome.AlreadySo when !queue.IsReplicated => null,
            _ => await FollowsAsync(queue, node, adds, waitsForVote, cancellation).ConfigureAwait(false) ? null : Late,
        };
    }

    private async Task<bool> FollowsAsync(
        QueueDefinition queue, NodeId node, bool adds, bool waitsForVote, CancellationToken cancellation)
    {
        long begun = host.Seams.Time.GetTimestamp();
        while (!IsSo())
        {
            if (host.Seams.Time.GetElapsedTime(begun) > Patience)
                return false;
            await Task.Delay(LookEvery, host.Seams.Time, cancellation).ConfigureAwait(false);
        }
        return true;

        bool IsSo() => Broker.Members.MembersOf(queue) is { } members
            && members.Any(member => member.Id == node && (member.IsVoter || !waitsForVote)) == adds;
    }
}
