using System.Collections.Immutable;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker.Arguments;

namespace Warren.Broker.Definitions.Import;

/// <summary>A value in the document and the way to it, so that every complaint names its place.</summary>
/// <param name="Element">The value.</param>
/// <param name="Path">Such as <c>users[2].tags</c>; empty for the document.</param>
internal readonly record struct ImportNode(JsonElement Element, string Path)
{
    private bool IsAbsent => Element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    public DefinitionsException Wrong(string problem) => new(Path.Length == 0 ? "the document" : Path, problem);

    /// <summary>A member of an object; absent when it is not there.</summary>
    public ImportNode Member(string name)
    {
        string path = Path.Length == 0 ? name : $"{Path}.{name}";
        return Element.TryGetProperty(name, out JsonElement member)
            ? new ImportNode(member, path)
            : new ImportNode(default, path);
    }

    /// <summary>The objects of a list; none when it is absent.</summary>
    public IEnumerable<ImportNode> Objects()
    {
        if (IsAbsent)
            yield break;
        if (Element.ValueKind != JsonValueKind.Array)
            throw Wrong($"must be a list, but is {Kind()}");
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
        {
            var node = new ImportNode(item, $"{Path}[{index++}]");
            node.ExpectObject();
            yield return node;
        }
    }

    public void ExpectObject()
    {
        if (Element.ValueKind != JsonValueKind.Object)
            throw Wrong($"must be an object, but is {Kind()}");
    }

    public string Text() => OptionalText() ?? throw Wrong("is missing");

    /// <summary>A name: fits into a short string, and is not empty unless that means something.</summary>
    public string Name(bool mayBeEmpty = false)
    {
        string name = Text();
        if (name.Length == 0 && !mayBeEmpty)
            throw Wrong("must not be empty");
        if (!ResourceName.Fits(name))
            throw Wrong($"must have {ResourceName.LimitBytes} bytes at most");
        return name;
    }

    public string? OptionalText() => Element.ValueKind switch
    {
        JsonValueKind.String => Element.GetString(),
        _ when IsAbsent => null,
        _ => throw Wrong($"must be a string, but is {Kind()}"),
    };

    public bool Flag(bool absent) => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ when IsAbsent => absent,
        _ => throw Wrong($"must be true or false, but is {Kind()}"),
    };

    public long Integer(long absent)
    {
        if (IsAbsent)
            return absent;
        if (Element.ValueKind == JsonValueKind.Number && Element.TryGetInt64(out long number))
            return number;
        throw Wrong($"must be a whole number, but is {Kind()}");
    }

    /// <summary>A limit: absent or below 0 is none.</summary>
    public long? Limit() => Integer(-1) is var limit and >= 0 ? limit : null;

    /// <summary>A list of words, or words in one string with commas between.</summary>
    public ImmutableArray<string> Words()
    {
        if (IsAbsent)
            return [];
        if (Element.ValueKind == JsonValueKind.String)
        {
            return [.. Element.GetString()!.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        }

        if (Element.ValueKind != JsonValueKind.Array)
            throw Wrong($"must be a list of strings, but is {Kind()}");
        var words = ImmutableArray.CreateBuilder<string>();
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
            words.Add(new ImportNode(item, $"{Path}[{index++}]").Text());
        return words.ToImmutable();
    }

    /// <summary>Arguments; absent or an empty list (as Erlang writes an empty table) is an empty table.</summary>
    public FieldTable Table()
    {
        if (IsAbsent || IsEmptyList)
            return FieldTable.Empty;
        ExpectObject();
        var table = new FieldTable();
        foreach (JsonProperty field in Element.EnumerateObject())
            table.Add(field.Name, Field(field.Value));
        return table;
    }

    /// <summary>Members of an object that may be written as an empty list, or be absent.</summary>
    public ImportNode OrEmpty()
    {
        if (!IsAbsent && !IsEmptyList)
            ExpectObject();
        return this with { Element = IsAbsent || IsEmptyList ? EmptyObject : Element };
    }

    private static JsonElement EmptyObject { get; } = JsonElement.Parse("{}");

    private bool IsEmptyList => Element.ValueKind == JsonValueKind.Array && Element.GetArrayLength() == 0;

    // RabbitMQ gives every whole number the type long; a fraction can only be a double.
    private FieldValue Field(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => FieldValue.Of(value.GetBoolean()),
        JsonValueKind.String => FieldValue.Of(value.GetString()!),
        JsonValueKind.Number when value.TryGetInt64(out long number) => FieldValue.Of(number),
        JsonValueKind.Number => FieldValue.Of(value.GetDouble()),
        JsonValueKind.Array => FieldValue.Of(FieldArrayOf(value)),
        JsonValueKind.Object => FieldValue.Of((this with { Element = value }).Table()),
        _ => FieldValue.Void,
    };

    private FieldArray FieldArrayOf(JsonElement list)
    {
        var values = new List<FieldValue>(list.GetArrayLength());
        foreach (JsonElement item in list.EnumerateArray())
            values.Add(Field(item));
        return new FieldArray([.. values]);
    }

    private string Kind() => Element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
