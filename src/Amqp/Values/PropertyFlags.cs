namespace Warren.Amqp;

/// <summary>
/// The flags before a property list of the class basic (AMQP 0-9-1, section 4.2.6.1): one bit for each property
/// that is there, highest first, in the order of the list. RabbitMQ ignores the two lowest, and so do we.
/// </summary>
internal static class PropertyFlags
{
    public const int SizeBytes = sizeof(ushort);

    public const ushort ContentType = 1 << 15;
    public const ushort ContentEncoding = 1 << 14;
    public const ushort Headers = 1 << 13;
    public const ushort DeliveryMode = 1 << 12;
    public const ushort Priority = 1 << 11;
    public const ushort CorrelationId = 1 << 10;
    public const ushort ReplyTo = 1 << 9;
    public const ushort Expiration = 1 << 8;
    public const ushort MessageId = 1 << 7;
    public const ushort Timestamp = 1 << 6;
    public const ushort Type = 1 << 5;
    public const ushort UserId = 1 << 4;
    public const ushort AppId = 1 << 3;
    public const ushort ClusterId = 1 << 2;
}
