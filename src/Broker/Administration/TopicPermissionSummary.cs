namespace Warren.Broker.Administration;

/// <summary>A topic permission, its patterns as they were set.</summary>
/// <param name="User">Whose.</param>
/// <param name="Vhost">Where.</param>
/// <param name="Exchange">For which exchange.</param>
/// <param name="Write">Keys that may be published with.</param>
/// <param name="Read">Keys that may be bound with.</param>
public sealed record TopicPermissionSummary(string User, string Vhost, string Exchange, string Write, string Read);
