using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Cluster.Consensus;

namespace Warren.Server.Control;

/// <summary>
/// <c>quorum_status</c>: how each member of a queue stands, a row each by the nodes' names. What a member has only its
/// node knows, so that each is asked for its own; one that is not reached, or does not answer, is shown as such.
/// </summary>
internal sealed class MemberStatusCommand(NodeHost host, OtherNodes others)
{
    /// <summary>Of what a member makes of its entries (docs/formats/queue-log.md).</summary>
    private const int MachineVersion = 1;

    /// <summary>The cells behind a row's state.</summary>
    private const int CellsBehindState = 8;

    public async Task<Action<Utf8JsonWriter>?> RunAsync(ControlRequest request, ControlReply reply)
    {
        MessageBroker broker = host.RequireServing().Broker;
        QueueDefinition queue = broker.FindQueue(request.Vhost, request.Text("queue"));
        if (queue.Type != QueueType.Quorum && !queue.IsReplicated)
            throw ControlRefusalException.Because("Cannot get quorum status of a classic queue");
        string self = host.Options.Places.NodeName;
        if (OtherNodes.IsForOneNode(request))
        {
            MemberStatus? own = await broker.Members.StatusAsync(queue).ConfigureAwait(false);
            await reply.RowAsync(json => Write(json, self, own)).ConfigureAwait(false);
            return null;
        }
        IReadOnlyList<string> reached = others.Asked(request);
        Task<JsonElement>[] rows =
        [
            .. NodesOf(broker, queue).Select(node => RowOfAsync(broker, queue, node, reached, request, reply)),
        ];
        foreach (JsonElement row in await Task.WhenAll(rows).ConfigureAwait(false))
        {
            await reply.RowAsync(json =>
            {
                foreach (JsonElement cell in row.EnumerateArray())
                    cell.WriteTo(json);
            }).ConfigureAwait(false);
        }
        return null;
    }

    // Those that are to be members, and those that are.
    private static string[] NodesOf(MessageBroker broker, QueueDefinition queue)
    {
        var members = new QueueMembers(broker, queue);
        return [.. members.Names.Concat(members.WishedNames).Distinct().Order(StringComparer.Ordinal)];
    }

    private async Task<JsonElement> RowOfAsync(
        MessageBroker broker, QueueDefinition queue, string node, IReadOnlyList<string> reached, ControlRequest request,
        ControlReply reply)
    {
        if (node == host.Options.Places.NodeName)
        {
            MemberStatus? own = await broker.Members.StatusAsync(queue).ConfigureAwait(false);
            return RowOf(json => Write(json, node, own));
        }
        if (!reached.Contains(node))
        {
            return RowOf(json => WriteWithout(json, node, () =>
            {
                json.WriteStartObject();
                json.WriteStartArray("$tuple");
                json.Atom("nodedown");
                json.Atom(node);
                json.WriteEndArray();
                json.WriteEndObject();
            }));
        }
        JsonElement? row = null;
        (_, string? reason) = await others.AskAsync(node, request, one => row = one, reply.Cancellation)
            .ConfigureAwait(false);
        return row ?? RowOf(json => WriteWithout(json, node, () => json.WriteStringValue(reason ?? "noproc")));
    }

    private static JsonElement RowOf(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            write(json);
            json.WriteEndArray();
        }
        using JsonDocument document = JsonDocument.Parse(bytes.ToArray());
        return document.RootElement.Clone();
    }

    private static void WriteWithout(Utf8JsonWriter json, string node, Action writeState)
    {
        json.Atom(node);
        writeState();
        for (int cell = 0; cell < CellsBehindState; cell++)
            json.WriteStringValue("");
    }

    private static void Write(Utf8JsonWriter json, string node, MemberStatus? member)
    {
        if (member is null)
        {
            WriteWithout(json, node, () => json.Atom("noproc"));
            return;
        }
        json.Atom(node);
        json.Atom(StateOf(member));
        json.Atom(member.IsVoter switch
        {
            true => "voter",
            false => "promotable",
            null => "unknown",
        });
        json.WriteNumberValue(member.LastIndex);
        json.WriteNumberValue(member.DurableIndex);
        json.WriteNumberValue(member.AppliedIndex);
        json.WriteNumberValue(member.CommitIndex);
        if (member.CompactedIndex == 0)
            json.Atom("undefined");
        else
            json.WriteNumberValue(member.CompactedIndex);
        json.WriteNumberValue(member.Term);
        json.WriteNumberValue(MachineVersion);
    }

    // RabbitMQ's words.
    private static string StateOf(MemberStatus member) => member.Role switch
    {
        _ when member.NeedsSnapshot => "receive_snapshot",
        RaftRole.Leader => "leader",
        RaftRole.PreCandidate => "pre_vote",
        RaftRole.Candidate => "candidate",
        _ => "follower",
    };
}
