namespace Warren.Server.Control;

/// <summary>What <c>list_channels</c> shows.</summary>
internal static class ChannelColumns
{
    public static ColumnSet<ChannelRow> Of(NodeHost host) => new(
        ("pid", (json, row) => json.Pid(host, row.Connection.Connection.Id, row.Channel.Number)),
        ("connection", (json, row) => json.Pid(host, row.Connection.Connection.Id, 0)),
        ("name", (json, row) =>
            json.WriteStringValue($"{row.Connection.Connection.Peer.Name} ({row.Channel.Number})")),
        ("number", (json, row) => json.WriteNumberValue(row.Channel.Number)),
        ("user", (json, row) => json.WriteStringValue(row.Connection.Connection.User?.Name ?? "")),
        ("vhost", (json, row) => json.WriteStringValue(row.Connection.Connection.VhostName)),
        ("transactional", (json, row) => json.WriteBooleanValue(row.Channel.IsTransactional)),
        ("confirm", (json, row) => json.WriteBooleanValue(row.Channel.IsConfirming)),
        ("consumer_count", (json, row) => json.WriteNumberValue(row.Channel.ConsumerCount)),
        ("messages_unacknowledged", (json, row) => json.WriteNumberValue(row.Channel.Unacked)),
        ("messages_uncommitted", (json, row) => json.WriteNumberValue(row.Channel.UncommittedPublishes)),
        ("acks_uncommitted", (json, row) => json.WriteNumberValue(row.Channel.UncommittedSettlements)),
        ("messages_unconfirmed", (json, row) => json.WriteNumberValue(row.Channel.Unconfirmed)),
        ("prefetch_count", (json, row) => json.WriteNumberValue(row.Channel.PrefetchCount)),
        ("global_prefetch_count", (json, row) => json.WriteNumberValue(row.Channel.GlobalPrefetchCount)));
}
