using Warren.Broker.Operations;

namespace Warren.Server.Control;

/// <summary>What <c>list_consumers</c> shows.</summary>
internal static class ConsumerColumns
{
    public static ColumnSet<ConsumerStatus> Of(NodeHost host) => new(
        ("queue_name", (json, one) => json.WriteStringValue(one.Queue.Name)),
        ("channel_pid", (json, one) =>
            json.Pid(host, one.ConnectionId, one.Channel, host.Node?.Broker.NodeNameOf(one))),
        ("consumer_tag", (json, one) => json.WriteStringValue(one.Tag)),
        ("ack_required", (json, one) => json.WriteBooleanValue(!one.NoAck)),
        ("prefetch_count", (json, one) => json.WriteNumberValue(one.PrefetchCount)),
        ("active", (json, one) => json.WriteBooleanValue(one.IsActive)),
        ("activity_status", (json, one) => json.Atom(one.IsActive ? "up" : "waiting")),
        ("arguments", (json, one) => json.Table(one.Arguments)));
}
