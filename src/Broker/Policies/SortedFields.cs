using Warren.Amqp;

namespace Warren.Broker.Policies;

/// <summary>
/// Tables as RabbitMQ keeps what came as JSON: sorted by name, each name once (the last), tables within included. So
/// what is equal looks equal, whoever wrote it.
/// </summary>
internal static class SortedFields
{
    public static FieldTable Of(FieldTable table)
    {
        if (table.Count == 0)
            return FieldTable.Empty;
        var byName = new SortedDictionary<string, FieldValue>(StringComparer.Ordinal);
        foreach ((string name, FieldValue value) in table)
            byName[name] = Of(value);
        var sorted = new FieldTable();
        foreach ((string name, FieldValue value) in byName)
            sorted.Add(name, value);
        return sorted;
    }

    public static FieldValue Of(FieldValue value) => value.Kind switch
    {
        FieldKind.Table => FieldValue.Of(Of(value.AsTable())),
        FieldKind.Array => FieldValue.Of(new FieldArray([.. value.AsArray().Select(Of)])),
        _ => value,
    };
}
