using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>What two declarations of an exchange are compared by.</summary>
/// <param name="Type">direct, fanout, ...</param>
/// <param name="Durable">Survives a restart.</param>
/// <param name="AutoDelete">Goes with its last binding.</param>
/// <param name="Internal">Takes messages from exchanges only.</param>
/// <param name="Arguments">Of which alternate-exchange counts.</param>
public readonly record struct ExchangeProperties(
    string Type, bool Durable, bool AutoDelete, bool Internal, FieldTable Arguments);
