using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Import;

/// <summary>A topic permission of a definitions document.</summary>
/// <param name="User">Whose.</param>
/// <param name="Vhost">Where.</param>
/// <param name="Exchange">The topic exchange that it is about.</param>
/// <param name="Permission">The compiled patterns.</param>
public sealed record ImportedTopicPermission(string User, string Vhost, string Exchange, TopicPermission Permission);
