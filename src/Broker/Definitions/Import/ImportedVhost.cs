using System.Collections.Immutable;
using Warren.Broker.Arguments;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A vhost of a definitions document.</summary>
/// <param name="Name">Not empty.</param>
/// <param name="Description">Free text; may be empty.</param>
/// <param name="Tags">As written.</param>
/// <param name="DefaultQueueType">classic, quorum or stream; null: the node's.</param>
/// <param name="Limits">Connections and queues.</param>
public sealed record ImportedVhost(
    string Name, string Description, ImmutableArray<string> Tags, string? DefaultQueueType, VhostLimits Limits)
{
    internal static ImportedVhost Read(ImportNode node)
    {
        ImportNode metadata = node.Member("metadata").OrEmpty();
        ImmutableArray<string> tags = node.Member("tags").Words();
        return new ImportedVhost(
            node.Member("name").Name(),
            node.Member("description").OptionalText() ?? metadata.Member("description").OptionalText() ?? "",
            tags.IsEmpty ? metadata.Member("tags").Words() : tags,
            ReadType(metadata.Member("default_queue_type")) ?? ReadType(node.Member("default_queue_type")),
            ImportedVhostLimits.ReadLimits(node.Member("limits").OrEmpty()));
    }

    // Erlang writes what is not set as the word undefined.
    private static string? ReadType(ImportNode node)
    {
        if (node.OptionalText() is not { } name || name == "undefined")
            return null;
        return QueueTypes.TryParse(name, out _)
            ? name
            : throw node.Wrong($"must be classic, quorum or stream, but is '{name}'");
    }
}
