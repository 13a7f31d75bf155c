using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Connections;

namespace Warren.Broker.Operations;

/// <summary>A connection at one moment, as seen by its turn.</summary>
public sealed record ConnectionStatus
{
    /// <summary>The connection; what is fixed for its life is asked there.</summary>
    public required Connection Connection { get; init; }

    public required ConnectionState State { get; init; }

    /// <summary>It publishes, and an alarm has stopped it.</summary>
    public bool IsBlocked { get; init; }

    /// <summary>Empty before the client has logged in.</summary>
    public string Mechanism { get; init; } = "";

    public FieldTable ClientProperties { get; init; } = FieldTable.Empty;

    public long ReceivedBytes { get; init; }

    /// <summary>Reads from the socket.</summary>
    public long Receives { get; init; }

    public long SentBytes { get; init; }

    /// <summary>Writes to the socket.</summary>
    public long Sends { get; init; }

    /// <summary>Bytes that wait to be written; deliveries under way are counted by their consumers.</summary>
    public long WaitingBytes { get; init; }

    public ImmutableArray<ChannelStatus> Channels { get; init; } = [];
}
