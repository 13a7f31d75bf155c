using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Warren.Amqp;

/// <summary>
/// Bytes that should be UTF-8, as a string and back without loss. RabbitMQ never looks at the encoding of header
/// names and property strings, so a client may send Latin-1 and must get the same bytes back. An octet that is not
/// part of valid UTF-8 becomes the lone surrogate U+DC80 to U+DCFF, which no valid UTF-8 can produce.
/// </summary>
internal static class LosslessText
{
    private const char FirstEscape = '\uDC80';
    private const char LastEscape = '\uDCFF';
    private const int EscapeOffset = 0xDC00;

    public static string GetString(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : Escape(bytes);

    public static int ByteCount(string text) =>
        HasEscape(text) ? Unescape(text).Length : Encoding.UTF8.GetByteCount(text);

    public static int GetBytes(string text, Span<byte> output)
    {
        if (!HasEscape(text))
            return Encoding.UTF8.GetBytes(text, output);
        var bytes = Unescape(text);
        bytes.CopyTo(output);
        return bytes.Length;
    }

    public static byte[] GetBytes(string text) =>
        HasEscape(text) ? Unescape(text) : Encoding.UTF8.GetBytes(text);

    private static string Escape(ReadOnlySpan<byte> bytes)
    {
        // No character takes more UTF-16 units than octets.
        var text = bytes.Length <= byte.MaxValue ? stackalloc char[byte.MaxValue] : new char[bytes.Length];
        var length = 0;
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var taken) == OperationStatus.Done)
                length += rune.EncodeToUtf16(text[length..]);
            else
                foreach (var octet in bytes[..taken])
                    text[length++] = (char)(EscapeOffset + octet);
            bytes = bytes[taken..];
        }

        return new string(text[..length]);
    }

    // A low surrogate in this range stands alone only when it is an escape; after a high surrogate it is a character.
    private static bool HasEscape(string text)
    {
        var from = text.AsSpan().IndexOfAnyInRange(FirstEscape, LastEscape);
        for (var i = from; i >= 0 && i < text.Length; i++)
            if (IsEscape(text, i))
                return true;
        return false;
    }

    private static bool IsEscape(string text, int index) =>
        text[index] is >= FirstEscape and <= LastEscape && (index == 0 || !char.IsHighSurrogate(text[index - 1]));

    private static byte[] Unescape(string text)
    {
        var bytes = new List<byte>(text.Length * 3);
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsEscape(text, i))
                continue;
            bytes.AddRange(Encoding.UTF8.GetBytes(text[start..i]));
            bytes.Add((byte)(text[i] - EscapeOffset));
            start = i + 1;
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(text[start..]));
        return [.. bytes];
    }
}
