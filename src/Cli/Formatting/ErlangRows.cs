using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>One term of Erlang's: a list with a property list a row and line.</summary>
internal sealed class ErlangRows(TextWriter output, IReadOnlyList<string> columns) : RowWriter(output, columns)
{
    protected override void WriteRow(JsonElement row, bool isFirst)
    {
        Output.Write(isFirst ? "[" : ",\n ");
        IEnumerable<string> cells = row.EnumerateArray()
            .Select((cell, at) => $"{{{TermErlang.Atom(Columns[at])},{TermErlang.Of(cell)}}}");
        Output.Write($"[{string.Join(',', cells)}]");
    }

    protected override void WriteEnd(bool hasRows, bool wasStreamed) => Output.WriteLine(hasRows ? "]" : "[]");
}
