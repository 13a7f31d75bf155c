using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>Writes a list, a row at a time: a node with a million queues costs no memory here.</summary>
/// <param name="output">Where to.</param>
/// <param name="columns">The names of the columns.</param>
internal abstract class RowWriter(TextWriter output, IReadOnlyList<string> columns)
{
    private bool _hasRows;

    protected TextWriter Output { get; } = output;

    protected IReadOnlyList<string> Columns { get; } = columns;

    /// <param name="format">The form.</param>
    /// <param name="output">Where to.</param>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="hidesHeaders">Tables go without their first line.</param>
    public static RowWriter For(
        Format format, TextWriter output, IReadOnlyList<string> columns, bool hidesHeaders) => format switch
        {
            Format.Json => new JsonRows(output, columns),
            Format.JsonStream => new JsonStreamRows(output, columns),
            Format.Csv => new CsvRows(output, columns, hidesHeaders),
            Format.Erlang => new ErlangRows(output, columns),
            Format.PrettyTable => new PrettyTable(output, columns),
            _ => new TableRows(output, columns, hidesHeaders),
        };

    /// <summary>Writes a row: an array with a value for each column.</summary>
    public void Write(JsonElement row)
    {
        WriteRow(row, isFirst: !_hasRows);
        _hasRows = true;
    }

    /// <summary>
    /// Ends the list. <paramref name="wasStreamed"/>: RabbitMQ prints nothing for an empty one, else a line.
    /// </summary>
    public void End(bool wasStreamed) => WriteEnd(_hasRows, wasStreamed);

    protected abstract void WriteRow(JsonElement row, bool isFirst);

    protected abstract void WriteEnd(bool hasRows, bool wasStreamed);
}
