using System.Text.Json;
using Warren.Amqp;

namespace Warren.Broker.Tests.Arguments;

/// <summary>
/// Field tables in the spelling of the recordings: JSON, whole numbers as the shortest of I and l that holds them,
/// other
/// widths spelt out, as in <c>{"short": 5}</c>.
/// </summary>
internal static class FieldText
{
    public static FieldTable Table(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var table = new FieldTable();
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
            table.Add(field.Name, Value(field.Value));
        return table;
    }

    public static FieldValue Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => FieldValue.Of(value.GetBoolean()),
        JsonValueKind.String => FieldValue.Of(value.GetString()!),
        JsonValueKind.Number when value.TryGetInt32(out int small) => FieldValue.Of(small),
        JsonValueKind.Number => FieldValue.Of(value.GetInt64()),
        JsonValueKind.Array => FieldValue.Of(new FieldArray([.. value.EnumerateArray().Select(Value)])),
        JsonValueKind.Object when value.TryGetProperty("short", out JsonElement number) =>
            FieldValue.Of(number.GetInt16()),
        JsonValueKind.Object when value.TryGetProperty("long", out JsonElement number) =>
            FieldValue.Of(number.GetInt64()),
        _ => FieldValue.Void,
    };
}
