namespace Warren.Amqp;

/// <summary>The eight octets that open a connection (AMQP 0-9-1, section 4.2.2).</summary>
public static class ProtocolHeader
{
    /// <summary>The size of a protocol header.</summary>
    public const int Size = 8;

    /// <summary>The header of AMQP 0-9-1: what a client sends, and what a server answers to any other.</summary>
    public static ReadOnlySpan<byte> Amqp091 => "AMQP\0\0\u0009\u0001"u8;

    /// <summary>Tells which protocol the first octets of a connection ask for.</summary>
    public static ProtocolVersion Parse(ReadOnlySpan<byte> input)
    {
        if (input.Length < Size)
            return ProtocolVersion.Incomplete;
        if (!input[..4].SequenceEqual("AMQP"u8))
            return ProtocolVersion.Unsupported;

        return (input[4], input[5], input[6], input[7]) switch
        {
            (0, 0, 9, 1) => ProtocolVersion.Amqp091,
            (1, 1, 0, 9) => ProtocolVersion.Amqp09,
            (1, 1, 8, 0) => ProtocolVersion.Amqp08,
            // The text of 0-8 had this one, and some old clients followed it.
            (1, 1, 9, 1) => ProtocolVersion.Amqp08,
            _ => ProtocolVersion.Unsupported,
        };
    }
}
