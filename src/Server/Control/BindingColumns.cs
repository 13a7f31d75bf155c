using Warren.Broker.Topology;

namespace Warren.Server.Control;

/// <summary>What <c>list_bindings</c> shows.</summary>
internal static class BindingColumns
{
    public static ColumnSet<Binding> All { get; } = new(
        ("source_name", (json, binding) => json.WriteStringValue(binding.Source)),
        ("source_kind", (json, _) => json.Atom("exchange")),
        ("destination_name", (json, binding) => json.WriteStringValue(binding.Destination)),
        ("destination_kind", (json, binding) =>
            json.Atom(binding.DestinationKind == DestinationKind.Queue ? "queue" : "exchange")),
        ("routing_key", (json, binding) => json.WriteStringValue(binding.RoutingKey)),
        ("arguments", (json, binding) => json.Table(binding.Arguments)));
}
