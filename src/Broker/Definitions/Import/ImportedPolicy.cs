using Warren.Amqp;

namespace Warren.Broker.Definitions.Import;

/// <summary>A policy of a definitions document.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Name">The policy.</param>
/// <param name="Pattern">Which names it is for.</param>
/// <param name="ApplyTo">queues, exchanges, all, classic_queues, ...</param>
/// <param name="Priority">Of several that match, the highest is in force.</param>
/// <param name="Definition">Keys and values.</param>
public sealed record ImportedPolicy(
    string Vhost, string Name, string Pattern, string ApplyTo, long Priority, FieldTable Definition)
{
    internal static ImportedPolicy Read(ImportNode node) => new(
        node.Member("vhost").Name(),
        node.Member("name").Name(),
        node.Member("pattern").Text(),
        node.Member("apply-to").OptionalText() ?? "all",
        node.Member("priority").Integer(absent: 0),
        node.Member("definition").Table());
}
