using System.Globalization;
using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>
/// A table drawn with a terminal's line letters, as RabbitMQ's tools draw it. The one form that must see all rows
/// before it can write the first.
/// </summary>
internal sealed class PrettyTable(TextWriter output, IReadOnlyList<string> columns) : RowWriter(output, columns)
{
    // The letters behind ESC ( 0 are drawn as lines until ESC ( B: x upright, q across, the others corners and crosses.
    private const string Upright = "\u001b(0x\u001b(B";

    private readonly List<string[]> _rows = [];

    protected override void WriteRow(JsonElement row, bool isFirst) =>
        _rows.Add([.. row.EnumerateArray().Select(TermText.Of)]);

    protected override void WriteEnd(bool hasRows, bool wasStreamed)
    {
        if (!hasRows)
            return;
        int[] widths = [.. Columns.Select((name, at) => Math.Max(Length(name), _rows.Max(row => Length(row[at]))))];
        Rule(widths, 'l', 'w', 'k');
        Line(widths, Columns);
        foreach (string[] row in _rows)
        {
            Rule(widths, 't', 'n', 'u');
            Line(widths, row);
        }
        Rule(widths, 'm', 'v', 'j');
    }

    private static int Length(string text) => new StringInfo(text).LengthInTextElements;

    private void Rule(int[] widths, char left, char middle, char right) => Output.WriteLine(
        $"\u001b(0{left}{string.Join(middle, widths.Select(width => new string('q', width + 2)))}{right}\u001b(B");

    private void Line(int[] widths, IReadOnlyList<string> cells)
    {
        Output.Write(Upright);
        for (int at = 0; at < cells.Count; at++)
            Output.Write($" {cells[at]}{new string(' ', widths[at] - Length(cells[at]) + 1)}{Upright}");
        Output.WriteLine();
    }
}
