using System.Collections.Immutable;

namespace Warren.Broker.Definitions.Import;

/// <summary>
/// A definitions document of RabbitMQ, read and checked as far as one can without knowing the broker: shapes, patterns,
/// hashes, policies. Whether a vhost or user that something names exists is for whoever applies it, in the order of the
/// properties here.
/// </summary>
public sealed record DefinitionsDocument
{
    public ImmutableArray<ImportedUser> Users { get; init; } = [];

    public ImmutableArray<ImportedVhost> Vhosts { get; init; } = [];

    /// <summary>
    /// Limits that came as parameters of component <c>vhost-limits</c>; they win over those of the vhost.
    /// </summary>
    public ImmutableArray<ImportedVhostLimits> VhostLimits { get; init; } = [];

    public ImmutableArray<ImportedPermission> Permissions { get; init; } = [];

    public ImmutableArray<ImportedTopicPermission> TopicPermissions { get; init; } = [];

    public ImmutableArray<ImportedGlobalParameter> GlobalParameters { get; init; } = [];

    /// <summary>Policies, then operator policies.</summary>
    public ImmutableArray<ImportedPolicy> Policies { get; init; } = [];

    /// <summary>All parameters but vhost limits and operator policies: kept as they are.</summary>
    public ImmutableArray<ImportedParameter> Parameters { get; init; } = [];

    public ImmutableArray<ImportedExchange> Exchanges { get; init; } = [];

    public ImmutableArray<ImportedQueue> Queues { get; init; } = [];

    public ImmutableArray<ImportedBinding> Bindings { get; init; } = [];

    /// <summary>What was passed over or will not work yet, a sentence each, for the log.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}
