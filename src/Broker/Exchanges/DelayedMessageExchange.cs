using System.Buffers.Text;
using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// x-delayed-message: keeps a message for as long as its header x-delay says, then routes it as the type named by the
/// argument x-delayed-type does. Keeping is the caller's: routing ends here with a <see cref="RouteDelay"/>, and goes
/// on by <see cref="Router.RouteAfterDelay"/>. A message without a delay passes at once.
/// </summary>
public sealed class DelayedMessageExchange : Exchange
{
    // The longest timer of the plugin's runtime; a longer delay is none there, and so here.
    private const long DelayLimitMs = uint.MaxValue;

    private Exchange _matching;

    internal DelayedMessageExchange(ExchangeDeclaration declaration)
        : base(declaration)
    {
        string type = DelayedTypeOf(declaration.Arguments);
        _matching = ExchangeTypes.Create(type, declaration);
    }

    /// <summary>It reads the key after a delay if the wrapped type does.</summary>
    internal override bool ReadsKey => _matching.ReadsKey;

    internal override bool RoutesByKeyAlone => false;

    /// <summary>The wait in ms that the header x-delay asks for, 1 to 4294967295; false when there is none.</summary>
    /// <remarks>
    /// An integer, a float (cut) or decimal text counts; anything else and what is out of range does not.
    /// </remarks>
    public static bool TryGetDelay(PropertiesView properties, out long delayMs)
    {
        delayMs = 0;
        if (!properties.TryFindHeader("x-delay"u8, out FieldValue value))
            return false;
        if (value.Kind is FieldKind.Float or FieldKind.Double)
        {
            double number = value.AsDouble();
            delayMs = number is >= 1 and < DelayLimitMs + 1.0 ? (long)number : 0;
        }
        else if (value.Kind is FieldKind.LongString)
        {
            ReadOnlySpan<byte> text = value.AsBytes();
            if (!Utf8Parser.TryParse(text, out delayMs, out int parsed) || parsed != text.Length)
                delayMs = 0;
        }
        else if (!value.TryGetInteger(out delayMs))
        {
            delayMs = 0;
        }
        return delayMs is > 0 and <= DelayLimitMs;
    }

    public override void Validate(Binding binding) => _matching.Validate(binding);

    internal override bool Route(in RoutingInput input, RouteSet routes)
    {
        if (routes.IgnoresDelays || !TryGetDelay(input.Properties, out long delayMs))
            return _matching.Route(input, routes);
        routes.AddDelay(this, delayMs);
        return true;
    }

    private protected override void Bind(Binding binding, bool isNew) => _matching = _matching.WithBinding(binding);

    private protected override void Unbind(Binding binding) => _matching = _matching.WithoutBinding(binding);

    private static string DelayedTypeOf(FieldTable arguments)
    {
        if (!arguments.TryGetValue("x-delayed-type", out FieldValue value) || value.Kind != FieldKind.LongString)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                "Invalid argument, 'x-delayed-type' must be an existing exchange type");
        }
        string type = value.AsText();
        if (type == ExchangeTypes.DelayedMessage)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                "Invalid argument, 'x-delayed-message' can't be used for 'x-delayed-type'");
        }
        if (!ExchangeTypes.IsKnown(type))
            throw new AmqpException(ReplyCode.PreconditionFailed, $"unknown exchange type '{type}'");
        return type;
    }
}
