using System.Collections.Frozen;
using System.Text.Json;

namespace Warren.Server.Control;

/// <summary>The columns of one kind of row, and how each is written.</summary>
internal sealed class ColumnSet<TRow>(params (string Name, Action<Utf8JsonWriter, TRow> Write)[] columns)
{
    private readonly FrozenDictionary<string, Action<Utf8JsonWriter, TRow>> _columns =
        columns.ToFrozenDictionary(column => column.Name, column => column.Write);

    /// <summary>The writers of these columns, in order.</summary>
    /// <exception cref="ControlRefusalException">One is not known.</exception>
    public Action<Utf8JsonWriter, TRow>[] Choose(IEnumerable<string> names) =>
    [
        .. names.Select(name => _columns.GetValueOrDefault(name) ?? throw new ControlRefusalException(
            ControlRefusalException.InvalidArgumentKind, $"there is no column {name}")),
    ];

    public async Task WriteAsync(ControlReply reply, IEnumerable<TRow> rows, IReadOnlyList<string> names)
    {
        Action<Utf8JsonWriter, TRow>[] chosen = Choose(names);
        foreach (TRow row in rows)
        {
            await reply.RowAsync(json =>
            {
                foreach (Action<Utf8JsonWriter, TRow> write in chosen)
                    write(json, row);
            }).ConfigureAwait(false);
        }
    }
}
