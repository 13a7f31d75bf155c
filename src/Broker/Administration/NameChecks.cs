using Warren.Amqp;
using Warren.Broker.Arguments;

namespace Warren.Broker.Administration;

/// <summary>What a name or a value from an operator must be to be kept, whatever it is for.</summary>
internal static class NameChecks
{
    /// <summary>Room for what wraps the value in its entry and on the wire.</summary>
    private const int MostNesting = FieldTable.NestingLimit - 8;

    /// <exception cref="AdministrationException">It is empty, or longer than AMQP's names.</exception>
    public static void CheckName(string what, string name)
    {
        if (name.Length == 0)
            throw AdministrationException.Invalid($"{what} cannot be an empty string");
        if (!ResourceName.Fits(name))
            throw AdministrationException.Invalid($"{what} must have {ResourceName.LimitBytes} bytes at most");
    }

    /// <exception cref="AdministrationException">It is nested too deeply, or has names that do not fit.</exception>
    public static void CheckValue(FieldValue value, int depth = 0)
    {
        if (depth > MostNesting)
            throw AdministrationException.Invalid($"A value may be nested {MostNesting} levels deep at most");
        if (value.Kind == FieldKind.Array)
        {
            foreach (FieldValue item in value.AsArray().AsSpan())
                CheckValue(item, depth + 1);
        }
        if (value.Kind != FieldKind.Table)
            return;
        foreach ((string name, FieldValue member) in value.AsTable().AsSpan())
        {
            if (!ResourceName.Fits(name))
                throw AdministrationException.Invalid($"A key must have {ResourceName.LimitBytes} bytes at most");
            CheckValue(member, depth + 1);
        }
    }
}
