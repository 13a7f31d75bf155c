using System.Text;

namespace Warren.Amqp;

/// <summary>
/// A client's mistake, on its way to a channel.close or connection.close. Thrown on cold paths only and caught in
/// one place per connection, which fills in the method that was at fault.
/// </summary>
public sealed class AmqpException : Exception
{
    // RabbitMQ keeps 252 bytes of a reply text that is too long for a short string, and three dots.
    private const int KeptTextBytes = 252;

    /// <summary>Makes an error.</summary>
    /// <param name="replyCode">One of <see cref="Amqp.ReplyCode"/>.</param>
    /// <param name="text">The explanation without the code's name.</param>
    /// <param name="closesConnection">Whether the connection ends; left out, the code decides.</param>
    public AmqpException(ushort replyCode, string text, bool? closesConnection = null)
        : base(text)
    {
        ReplyCode = replyCode;
        ReplyText = Cut($"{Amqp.ReplyCode.Name(replyCode)} - {text}");
        ClosesConnection = closesConnection ?? Amqp.ReplyCode.IsConnectionError(replyCode);
    }

    /// <summary>The code for the close method.</summary>
    public ushort ReplyCode { get; }

    /// <summary>The code's name, a dash, the explanation; cut to 255 bytes of UTF-8 for the close method.</summary>
    public string ReplyText { get; }

    /// <summary>Whether the connection ends, and not only the channel.</summary>
    public bool ClosesConnection { get; }

    /// <summary>The class of the method at fault; 0 when there is none.</summary>
    public ushort ClassId { get; set; }

    /// <summary>The method at fault; 0 when there is none.</summary>
    public ushort MethodId { get; set; }

    /// <summary>It is about a frame, not about a method: the close names none.</summary>
    public bool IsNobodysMethod { get; init; }

    private static string Cut(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length <= byte.MaxValue)
            return text;

        var kept = KeptTextBytes;
        // A character must not be cut in two: its later octets start with the bits 10.
        while ((bytes[kept] & 0xC0) == 0x80)
            kept--;
        return string.Concat(Encoding.UTF8.GetString(bytes.AsSpan(0, kept)), "...");
    }
}
