using Warren.Broker.Operations;

namespace Warren.Server.Control;

/// <summary>What <c>list_consumers</c> shows.</summary>
internal static class ConsumerColumns
{
    public static ColumnSet<ConsumerStatus> Of(NodeHost host) => new(
        ("queue_name", (json, one) => json.WriteStringValue(one.Queue.Name)),
        ("channel_pid", (json, one) =>
            json.Pid(host, one.Consumer.Channel.ConnectionId, one.Consumer.Channel.Number)),
        ("consumer_tag", (json, one) => json.WriteStringValue(one.Consumer.Tag)),
        ("ack_required", (json, one) => json.WriteBooleanValue(!one.Consumer.NoAck)),
        ("prefetch_count", (json, one) => json.WriteNumberValue(one.Consumer.PrefetchCount)),
        ("active", (json, one) => json.WriteBooleanValue(one.IsActive)),
        ("activity_status", (json, one) => json.Atom(one.IsActive ? "up" : "waiting")),
        ("arguments", (json, one) => json.Table(one.Consumer.Arguments)));
}
