using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>Comma separated, every cell in quotes (RFC 4180).</summary>
internal sealed class CsvRows(TextWriter output, IReadOnlyList<string> columns, bool hidesHeaders)
    : RowWriter(output, columns)
{
    protected override void WriteRow(JsonElement row, bool isFirst)
    {
        if (isFirst && !hidesHeaders)
            Output.WriteLine(string.Join(',', Columns.Select(Quote)));
        Output.WriteLine(string.Join(',', row.EnumerateArray().Select(cell => Quote(TermText.Of(cell)))));
    }

    protected override void WriteEnd(bool hasRows, bool wasStreamed)
    {
        // Nothing ends it.
    }

    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
