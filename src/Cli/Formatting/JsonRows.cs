using System.Text;
using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>One JSON list with an object a row and line.</summary>
internal sealed class JsonRows(TextWriter output, IReadOnlyList<string> columns) : RowWriter(output, columns)
{
    /// <summary>A row as an object.</summary>
    public static string ObjectOf(IReadOnlyList<string> columns, JsonElement row)
    {
        var text = new StringBuilder("{");
        int at = 0;
        foreach (JsonElement cell in row.EnumerateArray())
        {
            if (at > 0)
                text.Append(',');
            TermJson.AppendString(text, columns[at++]);
            text.Append(':').Append(TermJson.Of(cell));
        }
        return text.Append('}').ToString();
    }

    protected override void WriteRow(JsonElement row, bool isFirst)
    {
        Output.Write(isFirst ? "[\n" : ",");
        Output.WriteLine(ObjectOf(Columns, row));
    }

    protected override void WriteEnd(bool hasRows, bool wasStreamed) =>
        Output.WriteLine(hasRows ? "]" : wasStreamed ? "[\n]" : "[]");
}
