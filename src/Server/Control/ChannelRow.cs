using Warren.Broker.Operations;

namespace Warren.Server.Control;

/// <summary>A channel and whose it is.</summary>
internal sealed record ChannelRow(ConnectionStatus Connection, ChannelStatus Channel);
