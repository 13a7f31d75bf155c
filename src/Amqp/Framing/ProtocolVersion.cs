namespace Warren.Amqp;

/// <summary>The protocol a client asks for with its first eight octets.</summary>
public enum ProtocolVersion
{
    /// <summary>Fewer than eight octets so far.</summary>
    Incomplete,

    /// <summary>AMQP 0-9-1.</summary>
    Amqp091,

    /// <summary>AMQP 0-9, spoken as 0-9-1.</summary>
    Amqp09,

    /// <summary>AMQP 0-8.</summary>
    Amqp08,

    /// <summary>Anything else: answer with the 0-9-1 header and close (section 2.2.4).</summary>
    Unsupported,
}
