using Warren.Broker.Exchanges;

namespace Warren.Server.Control;

/// <summary>What <c>list_exchanges</c> shows.</summary>
internal static class ExchangeColumns
{
    public static ColumnSet<Exchange> All { get; } = new(
        ("name", (json, exchange) => json.WriteStringValue(exchange.Name)),
        ("type", (json, exchange) => json.Atom(exchange.Type)),
        ("durable", (json, exchange) => json.WriteBooleanValue(exchange.Durable)),
        ("auto_delete", (json, exchange) => json.WriteBooleanValue(exchange.AutoDelete)),
        ("internal", (json, exchange) => json.WriteBooleanValue(exchange.Internal)),
        ("arguments", (json, exchange) => json.Table(exchange.Arguments)),
        ("policy", (json, exchange) => json.WriteStringValue(exchange.Policy?.Policy?.Name ?? "")));
}
