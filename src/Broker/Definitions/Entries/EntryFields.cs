using System.Collections.Immutable;
using Warren.Amqp;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Reads an entry's fields, each of which must be of its type.</summary>
internal readonly struct EntryFields(FieldTable fields)
{
    /// <exception cref="FormatException">It is missing, or no string.</exception>
    public string Text(string name) => OptionalText(name) ?? throw new FormatException($"has no field '{name}'");

    /// <exception cref="FormatException">It is no string.</exception>
    public string? OptionalText(string name) => Find(name, FieldKind.LongString)?.AsText();

    /// <summary>False when it is missing.</summary>
    /// <exception cref="FormatException">It is no boolean.</exception>
    public bool Flag(string name) => Find(name, FieldKind.Boolean)?.AsBoolean() ?? false;

    /// <exception cref="FormatException">It is no 64-bit integer.</exception>
    public long? OptionalNumber(string name)
    {
        if (Find(name, FieldKind.Long) is not { } value)
            return null;
        value.TryGetInteger(out long number);
        return number;
    }

    /// <exception cref="FormatException">It is missing, or no 64-bit integer.</exception>
    public long Number(string name) =>
        OptionalNumber(name) ?? throw new FormatException($"has no field '{name}'");

    /// <exception cref="FormatException">It is missing, or no array of strings.</exception>
    public ImmutableArray<string> Words(string name) =>
        OptionalWords(name) ?? throw new FormatException($"has no field '{name}'");

    /// <exception cref="FormatException">It is no array of strings.</exception>
    public ImmutableArray<string>? OptionalWords(string name)
    {
        if (Find(name, FieldKind.Array)?.AsArray() is not { } words)
            return null;
        return words.All(word => word.Kind == FieldKind.LongString)
            ? [.. words.Select(word => word.AsText())]
            : throw new FormatException($"has something else than strings in the field '{name}'");
    }

    private FieldValue? Find(string name, FieldKind kind)
    {
        if (!fields.TryGetValue(name, out FieldValue value))
            return null;
        return value.Kind == kind
            ? value
            : throw new FormatException($"has a field '{name}' of type {value.RabbitMqTypeName}");
    }
}
