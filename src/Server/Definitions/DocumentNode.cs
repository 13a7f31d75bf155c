using System.Collections.Immutable;
using System.Text.Json;
using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Definitions.Import;

namespace Warren.Server.Definitions;

/// <summary>A value in the document and the way to it, so that every complaint names its place.</summary>
/// <param name="Element">The value.</param>
/// <param name="Path">Such as <c>users[2].tags</c>; empty for the document.</param>
internal readonly record struct DocumentNode(JsonElement Element, string Path)
{
    private bool IsAbsent => Element.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    public DefinitionsException Wrong(string problem) => new(Path.Length == 0 ? "the document" : Path, problem);

    /// <summary>A member of an object; absent when it is not there.</summary>
    public DocumentNode Member(string name)
    {
        string path = Path.Length == 0 ? name : $"{Path}.{name}";
        return Element.TryGetProperty(name, out JsonElement member)
            ? new DocumentNode(member, path)
            : new DocumentNode(default, path);
    }

    /// <summary>The objects of a list; none when it is absent.</summary>
    public IEnumerable<DocumentNode> Objects()
    {
        if (IsAbsent)
            yield break;
        if (Element.ValueKind != JsonValueKind.Array)
            throw Wrong($"must be a list, but is {Kind()}");
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
        {
            var node = new DocumentNode(item, $"{Path}[{index++}]");
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
    public ImmutableArray<string> Words() => OptionalWords() ?? [];

    /// <inheritdoc cref="Words"/>
    public ImmutableArray<string>? OptionalWords()
    {
        if (IsAbsent)
            return null;
        if (Element.ValueKind == JsonValueKind.String)
        {
            string[] split = Element.GetString()!.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return [.. split];
        }

        if (Element.ValueKind != JsonValueKind.Array)
            throw Wrong($"must be a list of strings, but is {Kind()}");
        var words = ImmutableArray.CreateBuilder<string>();
        int index = 0;
        foreach (JsonElement item in Element.EnumerateArray())
            words.Add(new DocumentNode(item, $"{Path}[{index++}]").Text());
        return words.ToImmutable();
    }

    /// <summary>Arguments; absent or an empty list (as Erlang writes an empty table) is an empty table.</summary>
    public FieldTable Table()
    {
        if (IsAbsent || IsEmptyList)
            return FieldTable.Empty;
        ExpectObject();
        return Value().AsTable();
    }

    /// <summary>Whatever it is.</summary>
    public FieldValue Value() =>
        Element.ValueKind == JsonValueKind.Undefined ? throw Wrong("is missing") : JsonFields.Read(Element);

    /// <summary>
    /// Members of an object that may be absent, or be written in the other ways that RabbitMQ has for one: as an empty
    /// list, or as a list of pairs (<c>[["max-queues",5]]</c>), which is what Erlang keeps.
    /// </summary>
    public DocumentNode OrEmpty()
    {
        if (IsAbsent || IsEmptyList)
            return this with { Element = EmptyObject };
        if (IsListOfPairs)
            return this with { Element = ObjectOf(Element) };
        ExpectObject();
        return this;
    }

    /// <summary>Whatever it is; a list of pairs is an object.</summary>
    public FieldValue ObjectOrValue() => IsListOfPairs ? OrEmpty().Value() : Value();

    private bool IsListOfPairs => Element.ValueKind == JsonValueKind.Array
        && Element.GetArrayLength() > 0
        && Element.EnumerateArray().All(pair => pair.ValueKind == JsonValueKind.Array
            && pair.GetArrayLength() == 2
            && pair[0].ValueKind == JsonValueKind.String);

    private static JsonElement ObjectOf(JsonElement pairs)
    {
        var members = new Dictionary<string, JsonElement>();
        foreach (JsonElement pair in pairs.EnumerateArray())
            members[pair[0].GetString()!] = pair[1];
        return JsonSerializer.SerializeToElement(members);
    }

    private static JsonElement EmptyObject { get; } = JsonElement.Parse("{}");

    private bool IsEmptyList => Element.ValueKind == JsonValueKind.Array && Element.GetArrayLength() == 0;

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
