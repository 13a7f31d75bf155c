namespace Warren.Broker.Connections;

/// <summary>Where a connection is in its life; it only ever moves down this list.</summary>
public enum ConnectionState : byte
{
    /// <summary>Waits for the protocol header.</summary>
    Opening,

    /// <summary>connection.start is out.</summary>
    Starting,

    /// <summary>connection.tune is out.</summary>
    Tuning,

    /// <summary>Waits for connection.open.</summary>
    Tuned,

    Running,

    /// <summary>connection.close is out; only close-ok counts.</summary>
    Closing,

    /// <summary>Nothing is read any more.</summary>
    Closed,
}
