using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A permission of a definitions document.</summary>
/// <param name="User">Whose.</param>
/// <param name="Vhost">Where.</param>
/// <param name="Permission">The compiled patterns.</param>
public sealed record ImportedPermission(string User, string Vhost, Permission Permission);
