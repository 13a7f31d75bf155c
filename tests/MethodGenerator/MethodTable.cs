namespace Warren.MethodGenerator;

/// <summary>Reads methods.txt; its header tells the format.</summary>
public static class MethodTable
{
    /// <summary>Reads every line that is neither empty nor a comment.</summary>
    /// <exception cref="FormatException">A line does not follow the format; the message holds the line.</exception>
    public static IReadOnlyList<Method> Parse(string text) =>
    [
        .. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(ParseLine)
    ];

    private static Method ParseLine(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 3 || words[1].Split('.') is not [var classId, var methodId])
            throw new FormatException($"Expected 'class.method class-id.method-id sender fields', found '{line}'.");

        var sender = words[2].Split('+');
        if (sender[0] is not ("server" or "client" or "both"))
            throw new FormatException($"Expected server, client or both as the sender, found '{line}'.");
        return new Method(
            words[0], ushort.Parse(classId), ushort.Parse(methodId), sender[0], sender.Length > 1,
            [.. words[3..].Select(ParseField)]);
    }

    private static Field ParseField(string word) => word.Split(':') is [var name, var type]
        ? new Field(name, type)
        : throw new FormatException($"Expected 'field:type', found '{word}'.");
}
