namespace Warren.Amqp;

/// <summary>
/// The type of a field value; its number is the octet on the wire, in RabbitMQ's reading of the grammar
/// (which differs from AMQP 0-9-1, section 4.2.1, in 's', 'l' and 'x').
/// </summary>
public enum FieldKind : byte
{
#pragma warning disable CS1591 // The names say it all.
    Boolean = (byte)'t',
    SignedByte = (byte)'b',
    UnsignedByte = (byte)'B',
    Short = (byte)'s',
    UnsignedShort = (byte)'u',
    Int = (byte)'I',
    UnsignedInt = (byte)'i',
    Long = (byte)'l',
    Float = (byte)'f',
    Double = (byte)'d',
    Decimal = (byte)'D',
    LongString = (byte)'S',
    Array = (byte)'A',
    Timestamp = (byte)'T',
    Table = (byte)'F',
    Void = (byte)'V',
    ByteArray = (byte)'x',
#pragma warning restore CS1591
}
