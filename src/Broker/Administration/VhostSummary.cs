using System.Collections.Immutable;
using Warren.Broker.Security;

namespace Warren.Broker.Administration;

/// <summary>A vhost, without what is in it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">May be empty.</param>
/// <param name="Tags">As set.</param>
/// <param name="DefaultQueueType">classic, quorum or stream; null: the node's.</param>
/// <param name="Limits">Connections and queues.</param>
public sealed record VhostSummary(
    string Name, string Description, ImmutableArray<string> Tags, string? DefaultQueueType, VhostLimits Limits);
