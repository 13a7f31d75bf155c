using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>A header and a line a row, with tabs between the cells.</summary>
internal sealed class TableRows(TextWriter output, IReadOnlyList<string> columns, bool hidesHeaders)
    : RowWriter(output, columns)
{
    protected override void WriteRow(JsonElement row, bool isFirst)
    {
        if (isFirst && !hidesHeaders)
            Output.WriteLine(string.Join('\t', Columns));
        bool isFirstCell = true;
        foreach (JsonElement cell in row.EnumerateArray())
        {
            if (!isFirstCell)
                Output.Write('\t');
            isFirstCell = false;
            Output.Write(TermText.Of(cell));
        }
        Output.WriteLine();
    }

    protected override void WriteEnd(bool hasRows, bool wasStreamed)
    {
        if (!hasRows && !wasStreamed)
            Output.WriteLine();
    }
}
