using Warren.Broker.Channels;

namespace Warren.Broker.Connections;

/// <summary>One event in a connection's mailbox.</summary>
public readonly record struct ConnectionEvent(
    ConnectionEventKind Kind, int Count = 0, Channel? Channel = null, object? Subject = null);
