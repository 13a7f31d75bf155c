using Warren.Amqp;

namespace Warren.Broker.Connections;

/// <summary>The x-delivery-count header that quorum queues add to what they deliver.</summary>
internal static class DeliveryCountHeader
{
    public const string Name = "x-delivery-count";

    /// <summary>The properties (flags and list) with the header set.</summary>
    public static ReadOnlySpan<byte> AddTo(ReadOnlySpan<byte> raw, long count)
    {
        BasicProperties properties = BasicProperties.Decode(raw);
        FieldTable headers = properties.Headers?.Clone() ?? new FieldTable();
        headers.Set(Name, FieldValue.Of(count));
        properties.Headers = headers;
        byte[] encoded = new byte[properties.EncodedSizeBytes];
        properties.Encode(encoded);
        return encoded;
    }
}
