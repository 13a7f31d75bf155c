namespace Warren.Amqp;

/// <summary>
/// The properties of the class basic (AMQP 0-9-1, section 1.8), decoded and mutable, for the cold paths that look into
/// or change a message's properties: dead-lettering, tracing, the management API. Null means absent. Strings keep
/// octets that are not UTF-8 as escapes, so that decoding and encoding gives the same bytes.
/// </summary>
public sealed class BasicProperties
{
    /// <summary>MIME type of the body.</summary>
    public string? ContentType { get; set; }

    /// <summary>MIME encoding of the body.</summary>
    public string? ContentEncoding { get; set; }

    /// <summary>Header fields.</summary>
    public FieldTable? Headers { get; set; }

    /// <summary>1 for transient, 2 for persistent.</summary>
    public byte? DeliveryMode { get; set; }

    /// <summary>0 to 255.</summary>
    public byte? Priority { get; set; }

    /// <summary>The application's correlation id.</summary>
    public string? CorrelationId { get; set; }

    /// <summary>The address to reply to.</summary>
    public string? ReplyTo { get; set; }

    /// <summary>Time to live in milliseconds, as decimal text.</summary>
    public string? Expiration { get; set; }

    /// <summary>The application's message id.</summary>
    public string? MessageId { get; set; }

    /// <summary>Seconds since 1970.</summary>
    public ulong? Timestamp { get; set; }

    /// <summary>The application's name for the kind of message.</summary>
    public string? Type { get; set; }

    /// <summary>The user who published; checked by the broker.</summary>
    public string? UserId { get; set; }

    /// <summary>The application that published.</summary>
    public string? AppId { get; set; }

    /// <summary>Reserved by the protocol; passed on.</summary>
    public string? ClusterId { get; set; }

    /// <summary>The bytes of flags and list.</summary>
    public int EncodedSizeBytes =>
        PropertyFlags.SizeBytes
        + StringBytes(ContentType) + StringBytes(ContentEncoding) + (Headers?.EncodedSizeBytes ?? 0)
        + (DeliveryMode is null ? 0 : sizeof(byte)) + (Priority is null ? 0 : sizeof(byte))
        + StringBytes(CorrelationId) + StringBytes(ReplyTo) + StringBytes(Expiration) + StringBytes(MessageId)
        + (Timestamp is null ? 0 : sizeof(ulong))
        + StringBytes(Type) + StringBytes(UserId) + StringBytes(AppId) + StringBytes(ClusterId);

    /// <summary>Decodes flags and list, which must fill the input.</summary>
    /// <exception cref="WireFormatException">The list ends early, goes on too long, or holds a bad table.</exception>
    public static BasicProperties Decode(ReadOnlySpan<byte> flagsAndList)
    {
        var reader = new WireReader(flagsAndList);
        var flags = reader.ReadShort();
        bool Has(ushort flag) => (flags & flag) != 0;

        // Initializers run in the order they are written, which is the order of the list.
        var properties = new BasicProperties
        {
            ContentType = Has(PropertyFlags.ContentType) ? ReadString(ref reader) : null,
            ContentEncoding = Has(PropertyFlags.ContentEncoding) ? ReadString(ref reader) : null,
            Headers = Has(PropertyFlags.Headers) ? reader.ReadTable() : null,
            DeliveryMode = Has(PropertyFlags.DeliveryMode) ? reader.ReadOctet() : null,
            Priority = Has(PropertyFlags.Priority) ? reader.ReadOctet() : null,
            CorrelationId = Has(PropertyFlags.CorrelationId) ? ReadString(ref reader) : null,
            ReplyTo = Has(PropertyFlags.ReplyTo) ? ReadString(ref reader) : null,
            Expiration = Has(PropertyFlags.Expiration) ? ReadString(ref reader) : null,
            MessageId = Has(PropertyFlags.MessageId) ? ReadString(ref reader) : null,
            Timestamp = Has(PropertyFlags.Timestamp) ? reader.ReadLongLong() : null,
            Type = Has(PropertyFlags.Type) ? ReadString(ref reader) : null,
            UserId = Has(PropertyFlags.UserId) ? ReadString(ref reader) : null,
            AppId = Has(PropertyFlags.AppId) ? ReadString(ref reader) : null,
            ClusterId = Has(PropertyFlags.ClusterId) ? ReadString(ref reader) : null,
        };
        reader.ExpectEnd();
        return properties;
    }

    /// <summary>Encodes flags and list and returns their size in bytes.</summary>
    /// <exception cref="ArgumentException">A string is longer than 255 bytes, or the output too short.</exception>
    public int Encode(Span<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteShort(Flags());
        WriteString(ref writer, ContentType);
        WriteString(ref writer, ContentEncoding);
        if (Headers is not null)
            writer.WriteTable(Headers);
        if (DeliveryMode is { } deliveryMode)
            writer.WriteOctet(deliveryMode);
        if (Priority is { } priority)
            writer.WriteOctet(priority);
        WriteString(ref writer, CorrelationId);
        WriteString(ref writer, ReplyTo);
        WriteString(ref writer, Expiration);
        WriteString(ref writer, MessageId);
        if (Timestamp is { } timestamp)
            writer.WriteLongLong(timestamp);
        WriteString(ref writer, Type);
        WriteString(ref writer, UserId);
        WriteString(ref writer, AppId);
        WriteString(ref writer, ClusterId);
        return writer.Position;
    }

    /// <summary>Encodes flags and list into an array of their size.</summary>
    /// <exception cref="ArgumentException">A string is longer than 255 bytes.</exception>
    public byte[] ToArray()
    {
        var bytes = new byte[EncodedSizeBytes];
        Encode(bytes);
        return bytes;
    }

    private ushort Flags() => (ushort)(
        Flag(ContentType, PropertyFlags.ContentType) | Flag(ContentEncoding, PropertyFlags.ContentEncoding)
        | Flag(Headers, PropertyFlags.Headers) | (DeliveryMode is null ? 0 : PropertyFlags.DeliveryMode)
        | (Priority is null ? 0 : PropertyFlags.Priority) | Flag(CorrelationId, PropertyFlags.CorrelationId)
        | Flag(ReplyTo, PropertyFlags.ReplyTo) | Flag(Expiration, PropertyFlags.Expiration)
        | Flag(MessageId, PropertyFlags.MessageId) | (Timestamp is null ? 0 : PropertyFlags.Timestamp)
        | Flag(Type, PropertyFlags.Type) | Flag(UserId, PropertyFlags.UserId) | Flag(AppId, PropertyFlags.AppId)
        | Flag(ClusterId, PropertyFlags.ClusterId));

    private static int Flag(object? property, ushort flag) => property is null ? 0 : flag;

    private static int StringBytes(string? value) =>
        value is null ? 0 : sizeof(byte) + LosslessText.ByteCount(value);

    private static string ReadString(ref WireReader reader) => LosslessText.GetString(reader.ReadShortString());

    private static void WriteString(ref WireWriter writer, string? value)
    {
        if (value is not null)
            writer.WriteShortString(value);
    }
}
