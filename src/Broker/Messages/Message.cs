namespace Warren.Broker.Messages;

/// <summary>
/// Where a message lies: a value, copied freely; the reference it stands for is counted in the slab.
/// <code>
///   Offset
///   | exchange (short string) | routing key (short string) | properties (flags + list) | body |
///   |------------ EnvelopeSizeBytes ---------------------- | PropertiesSizeBytes       | BodySizeBytes
/// </code>
/// The envelope is byte for byte the tail of basic.deliver, the properties are the tail of the content header, so that
/// delivering is copying.
/// </summary>
public readonly struct Message(Slab slab, int offset, int envelopeSizeBytes, int propertiesSizeBytes, int bodySizeBytes)
{
    /// <summary>Null, and no byte at hand, unless <see cref="IsResident"/>.</summary>
    public Slab Slab { get; } = slab;

    /// <summary>Its bytes are in memory; else only their sizes are known, and the node log has them.</summary>
    public bool IsResident => Slab is not null;

    public int Offset { get; } = offset;

    /// <summary>2 to 512: two short strings.</summary>
    public int EnvelopeSizeBytes { get; } = envelopeSizeBytes;

    public int PropertiesSizeBytes { get; } = propertiesSizeBytes;

    public int BodySizeBytes { get; } = bodySizeBytes;

    public int SizeBytes => EnvelopeSizeBytes + PropertiesSizeBytes + BodySizeBytes;

    /// <summary>All of it: envelope, properties, body.</summary>
    public ReadOnlyMemory<byte> Bytes => Slab.Bytes.AsMemory(Offset, SizeBytes);

    public ReadOnlySpan<byte> Envelope => Slab.Bytes.AsSpan(Offset, EnvelopeSizeBytes);

    /// <summary>The exchange it was published to, without its length octet.</summary>
    public ReadOnlySpan<byte> Exchange => Slab.Bytes.AsSpan(Offset + 1, Slab.Bytes[Offset]);

    public ReadOnlySpan<byte> RoutingKey
    {
        get
        {
            int at = Offset + 1 + Slab.Bytes[Offset];
            return Slab.Bytes.AsSpan(at + 1, Slab.Bytes[at]);
        }
    }

    public ReadOnlySpan<byte> Properties => Slab.Bytes.AsSpan(Offset + EnvelopeSizeBytes, PropertiesSizeBytes);

    public ReadOnlySpan<byte> Body =>
        Slab.Bytes.AsSpan(Offset + EnvelopeSizeBytes + PropertiesSizeBytes, BodySizeBytes);

    /// <summary>The same without its bytes.</summary>
    public Message PagedOut => new(null!, 0, EnvelopeSizeBytes, PropertiesSizeBytes, BodySizeBytes);
}
