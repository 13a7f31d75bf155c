using System.Globalization;
using System.Numerics;
using System.Text;
using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>RabbitMQ's rules for queue.bind and exchange.bind that depend on the source's type. Pure.</summary>
public static class BindingArguments
{
    /// <summary>Returns when this binding may be made at an exchange of this type.</summary>
    /// <param name="exchangeType">Of the source; for x-delayed-message the type beneath.</param>
    /// <param name="routingKey">The binding's key.</param>
    /// <param name="arguments">The binding's arguments.</param>
    /// <exception cref="AmqpException">406.</exception>
    public static void Validate(string exchangeType, string routingKey, FieldTable arguments)
    {
        if (exchangeType == "headers")
            CheckMatch(arguments);
        else if (exchangeType == "x-consistent-hash")
            CheckWeight(routingKey);
    }

    private static void CheckMatch(FieldTable arguments)
    {
        if (!arguments.TryGetValue("x-match", out FieldValue match))
            return;
        if (match.Kind != FieldKind.LongString)
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"Invalid x-match field type {match.RabbitMqTypeName} (value {ErlangTerm.Value(match)}); "
                + "expected longstr");
        }

        if (match.AsText() is not ("all" or "any" or "all-with-x" or "any-with-x"))
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"Invalid x-match field value {ErlangTerm.Binary(match.AsBytes())}; "
                + "expected all, any, all-with-x, or any-with-x");
        }
    }

    // The key is the share of the ring: any integer above 0, however long.
    private static void CheckWeight(string routingKey)
    {
        if (!BigInteger.TryParse(
                routingKey, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger weight))
        {
            throw new AmqpException(
                ReplyCode.PreconditionFailed,
                $"The binding key must be an integer: {ErlangTerm.Binary(Encoding.UTF8.GetBytes(routingKey))}");
        }

        if (weight < 1)
            throw new AmqpException(ReplyCode.PreconditionFailed, "The binding key must be greater than 0");
    }
}
