using System.Collections.Immutable;
using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Server.Configuration;

namespace Warren.Server.Control;

/// <summary><c>drain</c> and <c>revive</c>.</summary>
internal sealed class MaintenanceCommands(NodeHost host)
{
    /// <summary>Whoever leads now what this node has led knows by then how the others stand.</summary>
    private static readonly TimeSpan NewLeadersPatience = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Refuses nothing: who drains a node has his reasons. Tells which queues and delayed exchanges nobody
    /// would serve without it, and how many it leads all the same.
    /// </summary>
    public async Task<Action<Utf8JsonWriter>?> DrainAsync(ControlRequest request, ControlReply reply)
    {
        Node node = host.RequireNode();
        HandedOver handed = await node.DrainAsync().ConfigureAwait(false);
        ImmutableArray<QueueDefinition> critical = await new CriticalQueues(node.Broker)
            .FindAsync(static queue => queue.IsReplicated, NewLeadersPatience)
            .ConfigureAwait(false);
        return json =>
        {
            json.WriteNumber("kept", handed.Kept);
            Diagnostics.WriteQueues(json, critical);
        };
    }

    /// <summary>The end of maintenance.</summary>
    public Task<Action<Utf8JsonWriter>?> ReviveAsync(ControlRequest request, ControlReply reply)
    {
        try
        {
            host.RequireNode().Revive();
            return Task.FromResult<Action<Utf8JsonWriter>?>(null);
        }
        catch (ConfigurationException error)
        {
            // A port may be somebody else's by now.
            throw ControlRefusalException.Because(error.Message);
        }
    }
}
