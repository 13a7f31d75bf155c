using System.Text;
using System.Text.Unicode;

namespace Warren.Amqp;

/// <summary>
/// Text or bytes on their way to the wire. It lets a method be made from strings and from spans alike; a string is
/// encoded (and allocates) here, a span is used as it is.
/// </summary>
public readonly ref struct WireText
{
    private WireText(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The bytes that will be written.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Takes the bytes as they are.</summary>
    public static implicit operator WireText(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>Takes the bytes as they are.</summary>
    public static implicit operator WireText(byte[] bytes) => new(bytes);

    /// <summary>Encodes the text as UTF-8.</summary>
    public static implicit operator WireText(string text) => new(LosslessText.GetBytes(text));

    /// <summary>The text of bytes that came from the wire.</summary>
    /// <exception cref="WireFormatException">They are not UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw WireFormatException.BadUtf8();
}
