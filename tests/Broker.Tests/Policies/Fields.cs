using Warren.Amqp;

namespace Warren.Broker.Tests.Policies;

/// <summary>Definitions as policies have them, from pairs: <c>Fields.Of(("max-length", 5))</c>.</summary>
internal static class Fields
{
    public static FieldTable Of(params (string Key, object? Value)[] pairs)
    {
        var table = new FieldTable();
        foreach ((string key, object? value) in pairs)
            table.Add(key, Value(value));
        return table;
    }

    private static FieldValue Value(object? value) => value switch
    {
        null => FieldValue.Void,
        bool flag => FieldValue.Of(flag),
        int number => FieldValue.Of((long)number),
        long number => FieldValue.Of(number),
        double number => FieldValue.Of(number),
        string text => FieldValue.Of(text),
        FieldTable table => FieldValue.Of(table),
        object?[] list => FieldValue.Of(new FieldArray([.. list.Select(Value)])),
        _ => throw new ArgumentException($"no field: {value}"),
    };
}
