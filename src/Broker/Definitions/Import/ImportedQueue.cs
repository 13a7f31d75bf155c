using Warren.Amqp;

namespace Warren.Broker.Definitions.Import;

/// <summary>A queue of a definitions document.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Name">Not the broker's own.</param>
/// <param name="Durable">As written; true when unsaid.</param>
/// <param name="AutoDelete">As written; false when unsaid.</param>
/// <param name="Arguments">As written; the type may be one of them.</param>
/// <param name="Type">
/// classic, quorum or stream, which counts where no argument says so: a queue stays what it was, whatever the default
/// of the vhost it comes to. Null when unsaid.
/// </param>
public sealed record ImportedQueue(
    string Vhost, string Name, bool Durable, bool AutoDelete, FieldTable Arguments, string? Type = null);
