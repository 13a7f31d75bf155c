using Warren.Amqp;

namespace Warren.Broker.Definitions.Import;

/// <summary>An exchange of a definitions document.</summary>
/// <param name="Vhost">Where.</param>
/// <param name="Name">Neither empty nor the broker's own.</param>
/// <param name="Type">As written; whether there is such a type is checked when it is applied.</param>
/// <param name="Durable">As written; true when unsaid.</param>
/// <param name="AutoDelete">As written; false when unsaid.</param>
/// <param name="Internal">As written; false when unsaid.</param>
/// <param name="Arguments">As written.</param>
public sealed record ImportedExchange(
    string Vhost, string Name, string Type, bool Durable, bool AutoDelete, bool Internal, FieldTable Arguments);
