using System.Text.Json;
using Warren.Broker;
using Warren.Broker.Queues;
using Warren.Server.Configuration;

namespace Warren.Server.Control;

/// <summary><c>drain</c> and <c>revive</c>.</summary>
internal sealed class MaintenanceCommands(NodeHost host)
{
    /// <summary>
    /// Refuses nothing: who drains a node has his reasons. Tells which queues and delayed exchanges nobody
    /// would serve without it, and how many it leads all the same.
    /// </summary>
    public async Task<Action<Utf8JsonWriter>?> DrainAsync(ControlRequest request, ControlReply reply)
    {
        Node node = host.RequireNode();
        HandedOver handed = await node.DrainAsync().ConfigureAwait(false);
        QueueDefinition[] critical =
        [
            .. node.Broker.QueuesAndStores()
                .Where(queue => queue.IsReplicated && node.Broker.IsCriticalFor(queue))
                .OrderBy(queue => queue.Vhost, StringComparer.Ordinal)
                .ThenBy(queue => queue.Name, StringComparer.Ordinal),
        ];
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
