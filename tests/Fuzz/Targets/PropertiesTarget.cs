using System.Text;
using Warren.Amqp;

namespace Warren.Fuzz.Targets;

/// <summary>Property flags and list, as a view and decoded: both must say the same of every input.</summary>
public sealed class PropertiesTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "properties";

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random) => Samples.Properties(random).ToArray();

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        var refusal = RefusalOfView(input);
        BasicProperties decoded;
        try
        {
            decoded = BasicProperties.Decode(input);
        }
        catch (WireFormatException)
        {
            FuzzException.Unless(refusal is not null, "the view accepts what cannot be decoded");
            throw;
        }

        FuzzException.Unless(refusal is null, "the view refuses what can be decoded");
        Compare(PropertiesView.Parse(input), decoded);
        var encoded = decoded.ToArray();
        FuzzException.Unless(encoded.Length == input.Length, "the encoded size differs from the input's");
        Compare(PropertiesView.Parse(encoded), decoded);
    }

    /// <summary>Throws <see cref="FuzzException"/> unless the two say the same.</summary>
    public static void Compare(PropertiesView view, BasicProperties decoded)
    {
        var withHeaders = view.HasHeaders ? FieldTable.Decode(view.HeadersTable) : null;
        FuzzException.Unless(Equals(withHeaders, decoded.Headers), "headers differ");
        FuzzException.Unless(view.DeliveryMode == (decoded.DeliveryMode ?? 0), "delivery mode differs");
        FuzzException.Unless(view.HasPriority == decoded.Priority.HasValue, "has priority differs");
        FuzzException.Unless(view.Priority == (decoded.Priority ?? 0), "priority differs");
        CompareText(view.HasCorrelationId, view.CorrelationId, decoded.CorrelationId, "correlation id");
        CompareText(view.HasReplyTo, view.ReplyTo, decoded.ReplyTo, "reply to");
        CompareText(view.HasExpiration, view.Expiration, decoded.Expiration, "expiration");
        CompareText(view.HasMessageId, view.MessageId, decoded.MessageId, "message id");
        CompareText(view.HasUserId, view.UserId, decoded.UserId, "user id");
        foreach (var (name, _) in decoded.Headers ?? FieldTable.Empty)
        {
            // A name that is not UTF-8 has no other form to ask with than its own bytes.
            if (name.Any(char.IsSurrogate))
                continue;
            var found = view.TryFindHeader(Encoding.UTF8.GetBytes(name), out var value);
            FuzzException.Unless(found && value == decoded.Headers![name], $"header '{name}' differs");
        }
    }

    private static void CompareText(bool isThere, ReadOnlySpan<byte> bytes, string? text, string name)
    {
        FuzzException.Unless(isThere == text is not null, $"presence of {name} differs");
        FuzzException.Unless(FieldValue.OfLongString(bytes).AsText() == (text ?? ""), $"{name} differs");
    }

    private static WireFormatException? RefusalOfView(byte[] input)
    {
        try
        {
            PropertiesView.Parse(input);
            return null;
        }
        catch (WireFormatException refusal)
        {
            return refusal;
        }
    }
}
