using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>A JSON object a line, and nothing around them.</summary>
internal sealed class JsonStreamRows(TextWriter output, IReadOnlyList<string> columns) : RowWriter(output, columns)
{
    protected override void WriteRow(JsonElement row, bool isFirst) =>
        Output.WriteLine(JsonRows.ObjectOf(Columns, row));

    protected override void WriteEnd(bool hasRows, bool wasStreamed)
    {
        // Nothing ends it.
    }
}
