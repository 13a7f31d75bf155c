namespace Warren.Server.StorageTool;

/// <summary>Lines with columns: the first and the last to the left, all others to the right.</summary>
internal sealed class TextTable
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output, string indent)
    {
        int[] widths = [.. Enumerable.Range(0, _rows[0].Length).Select(at => _rows.Max(row => row[at].Length))];
        foreach (string[] row in _rows)
        {
            var cells = row.Select((cell, at) =>
                at == 0 || at == row.Length - 1 ? cell.PadRight(widths[at]) : cell.PadLeft(widths[at]));
            output.WriteLine(indent + string.Join("  ", cells).TrimEnd());
        }
    }
}
