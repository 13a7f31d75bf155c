namespace Warren.Broker.Security;

/// <summary>How a client proves who it is (connection.start-ok, mechanism).</summary>
public enum SaslMechanism
{
    /// <summary>Name and password after a NUL each (RFC 4616 without an authorisation identity).</summary>
    Plain,

    /// <summary>A field table of LOGIN and PASSWORD, without the table's length.</summary>
    AmqPlain,

    /// <summary>The name is in the client's certificate.</summary>
    External,

    /// <summary>No proof: everybody is the configured user. Off unless configured.</summary>
    Anonymous,
}
