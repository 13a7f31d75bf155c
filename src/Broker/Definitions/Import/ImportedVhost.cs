using System.Collections.Immutable;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A vhost of a definitions document; what the document does not say is null, and stays as it is.</summary>
/// <param name="Name">Not empty.</param>
/// <param name="Description">Free text; may be empty.</param>
/// <param name="Tags">As written.</param>
/// <param name="DefaultQueueType">classic, quorum or stream.</param>
/// <param name="Limits">Connections and queues.</param>
public sealed record ImportedVhost(
    string Name, string? Description, ImmutableArray<string>? Tags, string? DefaultQueueType, VhostLimits Limits);
