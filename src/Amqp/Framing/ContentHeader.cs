namespace Warren.Amqp;

/// <summary>
/// The payload of a content header frame (AMQP 0-9-1, section 4.2.6.1).
/// <code>
/// 0          2        4                 12               14
/// +----------+--------+-----------------+----------------+ ~~~~~~~~~~~~~~~
/// | class id | weight | body size (8)   | property flags | property list
/// +----------+--------+-----------------+----------------+ ~~~~~~~~~~~~~~~
/// </code>
/// </summary>
public readonly ref struct ContentHeader
{
    /// <summary>Class id, weight and body size; the properties follow.</summary>
    public const int FixedBytes = 12;

    private ContentHeader(ushort classId, ulong bodySizeBytes, ReadOnlySpan<byte> properties)
    {
        ClassId = classId;
        BodySizeBytes = bodySizeBytes;
        Properties = properties;
    }

    /// <summary>The class of the method before it; 60 for basic.</summary>
    public ushort ClassId { get; }

    /// <summary>The size of the body that follows in body frames.</summary>
    public ulong BodySizeBytes { get; }

    /// <summary>Property flags and property list, not yet looked at.</summary>
    public ReadOnlySpan<byte> Properties { get; }

    /// <summary>Reads the fixed part; the weight is ignored as RabbitMQ ignores it.</summary>
    /// <exception cref="WireFormatException">The payload is shorter than the fixed part and the flags.</exception>
    public static ContentHeader Read(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var classId = reader.ReadShort();
        reader.ReadShort();
        var bodySizeBytes = reader.ReadLongLong();
        if (reader.Remaining < sizeof(ushort))
            throw WireFormatException.EndsEarly();
        return new ContentHeader(classId, bodySizeBytes, payload[FixedBytes..]);
    }
}
