using System.Text;
using Warren.Amqp;

namespace Warren.Broker.Arguments;

/// <summary>The comparison under all equivalence checks, and its text.</summary>
internal static class Inequivalence
{
    /// <exception cref="AmqpException">406: they differ.</exception>
    public static void Check(string name, string resource, bool current, bool received) =>
        Check(name, resource, current ? "true" : "false", received ? "true" : "false");

    /// <exception cref="AmqpException">406: they differ.</exception>
    public static void Check(string name, string resource, string current, string received)
    {
        if (current != received)
            throw Differ(name, resource, $"'{current}'", $"'{received}'");
    }

    /// <summary>Compares one argument; integers are equal whatever their width.</summary>
    /// <exception cref="AmqpException">406: they differ.</exception>
    public static void Check(string name, string resource, FieldTable current, FieldTable received)
    {
        bool has = current.TryGetValue(name, out FieldValue old);
        bool wants = received.TryGetValue(name, out FieldValue asked);
        if (has && wants)
        {
            if (!AreEqual(old, asked))
                throw Differ(name, resource, $"'{Plain(old)}'", $"'{Plain(asked)}'");
        }
        else if (has != wants && !(name == QueueTypes.Argument && IsClassic(has ? old : asked)))
        {
            throw Differ(name, resource, has ? Described(old) : "none", wants ? Described(asked) : "none");
        }
    }

    private static bool AreEqual(FieldValue one, FieldValue other) =>
        one.TryGetInteger(out long number) && other.TryGetInteger(out long otherNumber)
            ? number == otherNumber
            : one == other || (IsFloat(one) && IsFloat(other) && one.AsDouble().Equals(other.AsDouble()));

    private static bool IsFloat(FieldValue value) => value.Kind is FieldKind.Float or FieldKind.Double;

    // A queue without the argument is a classic one.
    private static bool IsClassic(FieldValue value) =>
        value.Kind == FieldKind.LongString && value.AsText() == "classic";

    private static string Described(FieldValue value) =>
        $"the value '{Plain(value)}' of type '{value.RabbitMqTypeName}'";

    private static string Plain(FieldValue value) =>
        value.Kind is FieldKind.LongString or FieldKind.ByteArray
            ? Encoding.UTF8.GetString(value.AsBytes())
            : ErlangTerm.Value(value);

    private static AmqpException Differ(string name, string resource, string current, string received) =>
        new(ReplyCode.PreconditionFailed,
            $"inequivalent arg '{name}' for {resource}: received {received} but current is {current}");
}
