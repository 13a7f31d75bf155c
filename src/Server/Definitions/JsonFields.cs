using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Warren.Amqp;

namespace Warren.Server.Definitions;

/// <summary>
/// Arguments and parameters between their tables and JSON, with the types that RabbitMQ gives them: every whole number
/// is a long, a fraction a double. JSON knows fewer types than a table, so what was declared otherwise comes back as
/// one of these.
/// </summary>
public static class JsonFields
{
    /// <summary>Reads one value.</summary>
    /// <returns>False if it is no JSON, or nested more than 64 levels deep.</returns>
    public static bool TryParse(string json, out FieldValue value, [NotNullWhen(false)] out string? error)
    {
        value = default;
        error = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            value = Read(document.RootElement);
            return true;
        }
        catch (JsonException notJson)
        {
            error = notJson.Message;
            return false;
        }
    }

    public static FieldValue Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => FieldValue.Of(value.GetBoolean()),
        JsonValueKind.String => FieldValue.Of(value.GetString()!),
        JsonValueKind.Number when value.TryGetInt64(out long number) => FieldValue.Of(number),
        JsonValueKind.Number => FieldValue.Of(value.GetDouble()),
        JsonValueKind.Array => FieldValue.Of(new FieldArray([.. value.EnumerateArray().Select(Read)])),
        JsonValueKind.Object => FieldValue.Of(ReadTable(value)),
        _ => FieldValue.Void,
    };

    /// <summary>The value as compact JSON.</summary>
    public static string Text(FieldValue value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
            Write(writer, value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static void Write(Utf8JsonWriter writer, FieldTable table)
    {
        writer.WriteStartObject();
        foreach ((string name, FieldValue value) in table)
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, FieldValue value)
    {
        switch (value.Kind)
        {
            case FieldKind.Boolean:
                writer.WriteBooleanValue(value.AsBoolean());
                break;
            case FieldKind.LongString or FieldKind.ByteArray:
                writer.WriteStringValue(value.AsText());
                break;
            case FieldKind.Float or FieldKind.Double:
                WriteNumber(writer, value.AsDouble());
                break;
            case FieldKind.Decimal:
                (byte scale, uint unscaled) = value.AsDecimal();
                WriteNumber(writer, unscaled / Math.Pow(10, scale));
                break;
            case FieldKind.Timestamp:
                writer.WriteNumberValue(value.AsTimestamp());
                break;
            case FieldKind.Table:
                Write(writer, value.AsTable());
                break;
            case FieldKind.Array:
                writer.WriteStartArray();
                foreach (FieldValue item in value.AsArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case FieldKind.Void:
                writer.WriteNullValue();
                break;
            default:
                value.TryGetInteger(out long number);
                writer.WriteNumberValue(number);
                break;
        }
    }

    /// <summary>As RabbitMQ writes: nothing is escaped that need not be.</summary>
    internal static JsonWriterOptions Options { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static FieldTable ReadTable(JsonElement value)
    {
        var table = new FieldTable();
        foreach (JsonProperty field in value.EnumerateObject())
            table.Set(field.Name, Read(field.Value));
        return table;
    }

    // JSON has no word for what is no number.
    private static void WriteNumber(Utf8JsonWriter writer, double number)
    {
        if (double.IsFinite(number))
            writer.WriteNumberValue(number);
        else
            writer.WriteNullValue();
    }
}
