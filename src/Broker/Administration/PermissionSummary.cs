namespace Warren.Broker.Administration;

/// <summary>A permission, its patterns as they were set.</summary>
/// <param name="User">Whose.</param>
/// <param name="Vhost">Where.</param>
/// <param name="Configure">Names that may be made, deleted and altered.</param>
/// <param name="Write">Names that may be published to.</param>
/// <param name="Read">Names that may be consumed from.</param>
public sealed record PermissionSummary(string User, string Vhost, string Configure, string Write, string Read);
