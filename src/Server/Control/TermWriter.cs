using System.Text.Json;
using Warren.Amqp;

namespace Warren.Server.Control;

/// <summary>
/// Values that JSON has no kind for, as the control protocol writes them: an object with one member whose name begins
/// with a dollar.
/// </summary>
internal static class TermWriter
{
    public static void Atom(this Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteString("$atom", name);
        json.WriteEndObject();
    }

    /// <summary>
    /// What commands show as an Erlang process: stable for as long as the thing lives, and no two things have the same.
    /// </summary>
    public static void Pid(this Utf8JsonWriter json, NodeHost host, long id, int serial, string? node = null)
    {
        json.WriteStartObject();
        json.WriteStartArray("$pid");
        json.WriteStringValue(node ?? host.Options.Places.NodeName);
        json.WriteNumberValue(host.Creation);
        json.WriteNumberValue(id);
        json.WriteNumberValue(serial);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Atoms(this Utf8JsonWriter json, IEnumerable<string> names)
    {
        json.WriteStartArray();
        foreach (string name in names)
            json.Atom(name);
        json.WriteEndArray();
    }

    /// <summary>An AMQP table: name, type and value of each field.</summary>
    public static void Table(this Utf8JsonWriter json, FieldTable table)
    {
        json.WriteStartObject();
        json.WritePropertyName("$table");
        json.WriteStartArray();
        foreach ((string name, FieldValue value) in table)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value.RabbitMqTypeName);
            json.Field(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>A value of an AMQP table.</summary>
    public static void Field(this Utf8JsonWriter json, FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Boolean:
                json.WriteBooleanValue(value.AsBoolean());
                break;
            case FieldKind.LongString:
                json.WriteStringValue(value.AsText());
                break;
            case FieldKind.ByteArray:
                json.WriteStringValue(Convert.ToBase64String(value.AsBytes()));
                break;
            case FieldKind.Float or FieldKind.Double when double.IsFinite(value.AsDouble()):
                json.WriteNumberValue(value.AsDouble());
                break;
            case FieldKind.Table:
                json.Table(value.AsTable());
                break;
            case FieldKind.Array:
                json.WriteStartArray();
                foreach (FieldValue item in value.AsArray())
                    json.Field(item);
                json.WriteEndArray();
                break;
            case FieldKind.Timestamp:
                json.WriteNumberValue(value.AsTimestamp());
                break;
            case FieldKind.Void:
                json.Atom("undefined");
                break;
            default:
                if (value.TryGetInteger(out long number))
                    json.WriteNumberValue(number);
                else
                    json.WriteStringValue(value.ToString());
                break;
        }
    }
}
