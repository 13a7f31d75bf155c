using Warren.Amqp;

namespace Warren.Broker.Definitions.Import;

/// <summary>A queue of a definitions document.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Name">Not the broker's own.</param>
/// <param name="Durable">As written; true when unsaid.</param>
/// <param name="AutoDelete">As written; false when unsaid.</param>
/// <param name="Arguments">As written; the type is one of them.</param>
public sealed record ImportedQueue(string Vhost, string Name, bool Durable, bool AutoDelete, FieldTable Arguments);
