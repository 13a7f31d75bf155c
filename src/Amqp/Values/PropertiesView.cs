using System.Buffers.Binary;

namespace Warren.Amqp;

/// <summary>
/// The properties of a message where they lie: the raw flags and list of a content header, checked to the last octet
/// in one pass, and the places of those that routing needs. Nothing is allocated. What <see cref="Parse"/> accepts,
/// <see cref="BasicProperties.Decode"/> accepts too, so a message that was let in can always be decoded later.
/// Places are offsets of a property's length from the start; 0 means that it is absent, for the flags are there.
/// </summary>
public readonly ref struct PropertiesView
{
    private readonly ReadOnlySpan<byte> _raw;
    private readonly ushort _flags;
    private readonly int _headersAt;
    private readonly int _headersBytes;
    private readonly int _correlationIdAt;
    private readonly int _replyToAt;
    private readonly int _expirationAt;
    private readonly int _messageIdAt;
    private readonly int _userIdAt;

    private PropertiesView(ReadOnlySpan<byte> raw, ushort flags)
    {
        _raw = raw;
        _flags = flags;
        var reader = new WireReader(raw[PropertyFlags.SizeBytes..]);
        SkipString(ref reader, flags, PropertyFlags.ContentType);
        SkipString(ref reader, flags, PropertyFlags.ContentEncoding);
        if (Has(PropertyFlags.Headers))
        {
            _headersAt = PropertyFlags.SizeBytes + reader.Position;
            FieldReader.SkipTable(ref reader);
            _headersBytes = PropertyFlags.SizeBytes + reader.Position - _headersAt;
        }

        if (Has(PropertyFlags.DeliveryMode))
            DeliveryMode = reader.ReadOctet();
        if (Has(PropertyFlags.Priority))
            Priority = reader.ReadOctet();
        _correlationIdAt = SkipString(ref reader, flags, PropertyFlags.CorrelationId);
        _replyToAt = SkipString(ref reader, flags, PropertyFlags.ReplyTo);
        _expirationAt = SkipString(ref reader, flags, PropertyFlags.Expiration);
        _messageIdAt = SkipString(ref reader, flags, PropertyFlags.MessageId);
        if (Has(PropertyFlags.Timestamp))
            Timestamp = reader.ReadLongLong();
        SkipString(ref reader, flags, PropertyFlags.Type);
        _userIdAt = SkipString(ref reader, flags, PropertyFlags.UserId);
        SkipString(ref reader, flags, PropertyFlags.AppId);
        SkipString(ref reader, flags, PropertyFlags.ClusterId);
        reader.ExpectEnd();
    }

    /// <summary>Checks flags and list and notes where things are.</summary>
    /// <exception cref="WireFormatException">The list ends early, goes on too long, or holds a bad table.</exception>
    public static PropertiesView Parse(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < PropertyFlags.SizeBytes)
            throw WireFormatException.EndsEarly();
        var flags = BinaryPrimitives.ReadUInt16BigEndian(raw);
        // Benchmarks and many clients send no property at all.
        if (flags == 0 && raw.Length == PropertyFlags.SizeBytes)
            return default;
        return new PropertiesView(raw, flags);
    }

    /// <summary>
    /// Whether there are none but those of fixed size, and all of these: then <see cref="Parse"/> accepts them. Much
    /// quicker; false says nothing.
    /// </summary>
    public static bool AreFixed(ReadOnlySpan<byte> raw)
    {
        const ushort Fixed = PropertyFlags.DeliveryMode | PropertyFlags.Priority | PropertyFlags.Timestamp;
        if (raw.Length < PropertyFlags.SizeBytes)
            return false;
        uint flags = BinaryPrimitives.ReadUInt16BigEndian(raw);
        uint sizeBytes = (flags / PropertyFlags.DeliveryMode & 1) + (flags / PropertyFlags.Priority & 1)
            + (flags / PropertyFlags.Timestamp & 1) * sizeof(ulong);
        return (flags & ~(uint)Fixed) == 0 && raw.Length == PropertyFlags.SizeBytes + sizeBytes;
    }

    /// <summary>Whether no property is set.</summary>
    public bool IsEmpty => _flags == 0;

    /// <summary>Whether there is a header table, perhaps an empty one.</summary>
    public bool HasHeaders => Has(PropertyFlags.Headers);

    /// <summary>The header table with its four octets of length; empty when absent.</summary>
    public ReadOnlySpan<byte> HeadersTable => _raw.Slice(_headersAt, _headersBytes);

    /// <summary>The delivery mode, 2 for persistent; 0 when absent.</summary>
    public byte DeliveryMode { get; }

    /// <summary>Whether there is a delivery mode.</summary>
    public bool HasDeliveryMode => Has(PropertyFlags.DeliveryMode);

    /// <summary>Whether the message asks to be kept on disk.</summary>
    public bool IsPersistent => DeliveryMode == 2;

    /// <summary>Whether there is a priority.</summary>
    public bool HasPriority => Has(PropertyFlags.Priority);

    /// <summary>The priority; 0 when absent.</summary>
    public byte Priority { get; }

    /// <summary>Whether there is an expiration.</summary>
    public bool HasExpiration => Has(PropertyFlags.Expiration);

    /// <summary>The time to live in milliseconds, as decimal text; empty when absent.</summary>
    public ReadOnlySpan<byte> Expiration => StringAt(_expirationAt);

    /// <summary>Whether there is a user id.</summary>
    public bool HasUserId => Has(PropertyFlags.UserId);

    /// <summary>The user id; empty when absent.</summary>
    public ReadOnlySpan<byte> UserId => StringAt(_userIdAt);

    /// <summary>Whether there is an address to reply to.</summary>
    public bool HasReplyTo => Has(PropertyFlags.ReplyTo);

    /// <summary>The address to reply to; empty when absent.</summary>
    public ReadOnlySpan<byte> ReplyTo => StringAt(_replyToAt);

    /// <summary>The place of <see cref="ReplyTo"/>'s length octet in the raw bytes; 0 when absent.</summary>
    public int ReplyToOffset => _replyToAt;

    /// <summary>Whether there is a correlation id.</summary>
    public bool HasCorrelationId => Has(PropertyFlags.CorrelationId);

    /// <summary>The correlation id; empty when absent.</summary>
    public ReadOnlySpan<byte> CorrelationId => StringAt(_correlationIdAt);

    /// <summary>Whether there is a message id.</summary>
    public bool HasMessageId => Has(PropertyFlags.MessageId);

    /// <summary>The message id; empty when absent.</summary>
    public ReadOnlySpan<byte> MessageId => StringAt(_messageIdAt);

    /// <summary>Whether there is a timestamp.</summary>
    public bool HasTimestamp => Has(PropertyFlags.Timestamp);

    /// <summary>Seconds since 1970; 0 when absent.</summary>
    public ulong Timestamp { get; }

    /// <summary>
    /// Finds one header without decoding the others; the last one when the name comes twice. Allocates only when the
    /// value found is a string, a table or an array.
    /// </summary>
    /// <param name="name">The header's name; headers like CC are told apart by case.</param>
    /// <param name="value">The value, or void.</param>
    public bool TryFindHeader(ReadOnlySpan<byte> name, out FieldValue value)
    {
        value = default;
        return _headersBytes > 0 && FieldReader.TryFind(HeadersTable, name, out value);
    }

    private bool Has(ushort flag) => (_flags & flag) != 0;

    private static int SkipString(ref WireReader reader, ushort flags, ushort flag)
    {
        if ((flags & flag) == 0)
            return 0;
        var at = PropertyFlags.SizeBytes + reader.Position;
        reader.ReadShortString();
        return at;
    }

    private ReadOnlySpan<byte> StringAt(int at) => at == 0 ? default : _raw.Slice(at + 1, _raw[at]);
}
