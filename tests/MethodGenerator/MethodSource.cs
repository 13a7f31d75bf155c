using System.Text;

namespace Warren.MethodGenerator;

/// <summary>Writes the C# source of one method.</summary>
internal sealed class MethodSource(Method method)
{
    private readonly StringBuilder _text = new();
    private readonly IReadOnlyList<Field> _exposed = method.Exposed;

    public string Write()
    {
        Line(MethodSourceSet.FileHeader);
        Line("namespace Warren.Amqp;");
        Line("");
        var id = $"{method.ClassId}.{method.MethodId}";
        Line($"/// <summary>The method {method.WireName} ({id}). {method.SenderText}</summary>");
        Line($"public readonly ref struct {method.Name} : IMethod");
        Line("{");
        WriteConstants();
        if (_exposed.Count > 0)
            WriteConstructor();
        foreach (var field in _exposed)
            WriteProperty(field);
        WriteSize();
        WriteRead();
        WriteWriteTo();
        Line("}");
        return _text.ToString();
    }

    private void WriteConstants()
    {
        Line("    /// <summary>The class.</summary>");
        Line($"    public const ushort ClassId = {method.ClassId};");
        Line("");
        Line("    /// <summary>The method within the class.</summary>");
        Line($"    public const ushort MethodId = {method.MethodId};");
        Line("");
    }

    private void WriteConstructor()
    {
        Line("    /// <summary>Makes the method from its arguments.</summary>");
        var parameters = _exposed.Select(field => $"{field.ParameterType} {ParameterName(field)}").ToList();
        var oneLine = $"    public {method.Name}({string.Join(", ", parameters)})";
        if (oneLine.Length < 120)
            Line(oneLine);
        else
        {
            Line($"    public {method.Name}(");
            Line($"        {string.Join(",\n        ", parameters)})");
        }

        Line("    {");
        foreach (var field in _exposed)
            Line($"        {field.Name} = {ParameterName(field)}{(field.IsString ? ".Bytes" : "")};");
        Line("    }");
        Line("");
    }

    private void WriteProperty(Field field)
    {
        Line($"    /// <summary>The field {field.WireName}.</summary>");
        Line($"    public {field.PropertyType} {field.Name} {{ get; }}");
        Line("");
        if (!field.IsString)
            return;
        Line($"    /// <summary>The field {field.WireName} as text.</summary>");
        Line("    /// <exception cref=\"WireFormatException\">It is not UTF-8.</exception>");
        Line($"    public string {field.Name}Text => WireText.Decode({field.Name});");
        Line("");
    }

    private void WriteSize()
    {
        var parts = new List<string> { method.FixedBytes.ToString() };
        foreach (var field in _exposed)
            if (field.IsString)
                parts.Add($"{field.Name}.Length");
            else if (field.Type == "table")
                parts.Add($"{field.Name}.EncodedSizeBytes");
        Line("    /// <inheritdoc/>");
        var oneLine = $"    public int SizeBytes => {string.Join(" + ", parts)};";
        Line(oneLine.Length < 120 ? oneLine : $"    public int SizeBytes =>\n        {string.Join(" + ", parts)};");
        Line("");
    }

    private void WriteRead()
    {
        Line("    /// <summary>Reads the arguments, which must fill the rest of the input.</summary>");
        Line("    /// <exception cref=\"WireFormatException\">They do not.</exception>");
        Line($"    public static {method.Name} Read(ref WireReader reader)");
        Line("    {");
        foreach (var field in method.Fields)
        {
            var call = $"reader.Read{field.WireVerb}{(field.Type == "shortstr" ? "Utf8" : "")}();";
            Line(field.IsReserved ? $"        {call}" : $"        var {ParameterName(field)} = {call}");
        }

        Line("        reader.ExpectEnd();");
        WriteReturn();
        Line("    }");
        Line("");
    }

    private void WriteReturn()
    {
        var arguments = _exposed.Select(ParameterName).ToList();
        var oneLine = $"        return new {method.Name}({string.Join(", ", arguments)});";
        if (oneLine.Length < 120)
            Line(oneLine);
        else
            Line($"        return new {method.Name}(\n            {string.Join(", ", arguments)});");
    }

    private void WriteWriteTo()
    {
        Line("    /// <inheritdoc/>");
        Line("    public void WriteTo(ref WireWriter writer)");
        Line("    {");
        Line("        writer.WriteShort(ClassId);");
        Line("        writer.WriteShort(MethodId);");
        foreach (var field in method.Fields)
            Line($"        writer.Write{field.WireVerb}({(field.IsReserved ? Nothing(field) : field.Name)});");
        Line("    }");
    }

    // "internal" and the like are fields of the protocol and words of the language.
    private static string ParameterName(Field field) =>
        field.ParameterName is "internal" ? $"@{field.ParameterName}" : field.ParameterName;

    private static string Nothing(Field field) => field.Type switch
    {
        "bit" => "false",
        "shortstr" or "shortbytes" or "longstr" => "\"\"u8",
        _ => "0",
    };

    private void Line(string line) => _text.Append(line).Append('\n');
}
