using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Messages;

/// <summary>
/// A slab of its own for one message, exactly as large: for what comes from no connection, is rare, and may stay long.
/// </summary>
internal static class MessageInOwnSlab
{
    /// <summary>A message that has its form already, with one reference.</summary>
    public static Message Store(SlabPool slabs, MessageSizes sizes, ReadOnlySpan<byte> bytes) =>
        sizes.At(slabs.Adopt(bytes.ToArray()), 0);

    /// <summary>The message, with one reference.</summary>
    public static Message Store(
        SlabPool slabs, ReadOnlySpan<byte> exchange, ReadOnlySpan<byte> key, ReadOnlySpan<byte> properties,
        ReadOnlySpan<byte> body)
    {
        int envelopeBytes = 2 + exchange.Length + key.Length;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(envelopeBytes + properties.Length + body.Length);
        bytes[0] = (byte)exchange.Length;
        exchange.CopyTo(bytes.AsSpan(1));
        bytes[1 + exchange.Length] = (byte)key.Length;
        key.CopyTo(bytes.AsSpan(2 + exchange.Length));
        properties.CopyTo(bytes.AsSpan(envelopeBytes));
        body.CopyTo(bytes.AsSpan(envelopeBytes + properties.Length));
        return new Message(slabs.Adopt(bytes), 0, envelopeBytes, properties.Length, body.Length);
    }
}
