using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Queues;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What the definitions would be if all that is in this node's log counted: a node without a leader does not know what
/// of it is committed, and has not applied it. For what is said to an operator. Owned by the definitions' turn.
/// </summary>
internal static class Foresight
{
    public static ImmutableArray<QueueDefinition> Queues(MessageBroker broker, RaftGroup group)
    {
        var draft = new DefinitionsDraft(broker, group.LastIndex.Value);
        foreach ((LogIndex index, EntryPayload payload) in group.View.Unapplied())
        {
            try
            {
                DefinitionsEntry entry = LoggedFormat.Read(payload.Meta.Span, payload.Body.Span).Entry;
                if (!entry.ChangesNothing(draft) && !entry.Conflicts(draft))
                    draft.Apply(entry, index.Value);
            }
            catch (Exception error) when (error is FormatException or AmqpException)
            {
                // It changes nothing either when it is applied.
            }
        }
        return [.. draft.Topology.Vhosts.SelectMany(vhost => vhost.Value.QueuesAndStores)];
    }
}
