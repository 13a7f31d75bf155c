using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>A command that asks the node for rows and prints them.</summary>
internal abstract class ListCommand(string name, string usage, Section section, string summary)
    : Command(name, usage, section, summary)
{
    public override Switch[] Switches => [new("no-table-headers", SwitchKind.Flag)];

    /// <summary>Columns may be named; else the default ones are listed.</summary>
    public override (int Least, int Most) Arguments => Known.Length == 0 ? (0, 0) : (0, int.MaxValue);

    public override int? DefaultTimeoutMs => 60_000;

    public override string Help => Known.Length == 0
        ? ""
        : $"<column>\n\tmust be one of {string.Join(", ", Known.Order(StringComparer.Ordinal))}";

    /// <summary>The names of all columns.</summary>
    public IReadOnlyList<string> Columns => Known;

    /// <summary>The columns there are; empty: they cannot be chosen.</summary>
    protected virtual string[] Known => [];

    /// <summary>The columns listed when none are named.</summary>
    protected abstract string[] Default { get; }

    /// <summary>The form when none is asked for.</summary>
    protected virtual Format OwnFormat => Format.Table;

    /// <summary>
    /// RabbitMQ prints nothing for an empty list of a command that streams, and an empty line for the others.
    /// </summary>
    protected virtual bool IsStreamed => false;

    public override string? Validate(Invocation call)
    {
        string[] unknown = [.. ColumnsOf(call).Where(column => Known.Length > 0 && !Known.Contains(column))];
        return unknown.Length == 0 ? null : $"Info key(s) {string.Join(',', unknown)} are not supported";
    }

    public override ExitCode Run(Invocation call)
    {
        IReadOnlyList<string> columns = ColumnsOf(call);
        RowWriter rows = RowWriter.For(call.Format ?? OwnFormat, call.Output, columns, call.HidesHeaders);
        JsonElement answer = call.Node.Ask(Name, json => WriteArguments(call, json, columns), rows.Write);
        rows.End(IsStreamed);
        WarnOfSilent(call, answer);
        return ExitCode.Ok;
    }

    // The list is not whole: nobody may take it for that.
    protected static void WarnOfSilent(Invocation call, JsonElement answer)
    {
        if (!answer.TryGetProperty("silent", out JsonElement silent))
            return;
        foreach (JsonElement one in silent.EnumerateArray())
        {
            call.Error.WriteLine(
                $"Warning: nothing of node {one.GetProperty("node").GetString()} is listed: "
                + one.GetProperty("reason").GetString());
        }
    }

    /// <summary>The columns named, parted by blanks or commas.</summary>
    protected IReadOnlyList<string> ColumnsOf(Invocation call)
    {
        string[] named = Known.Length == 0
            ? []
            : [.. call.Arguments.SelectMany(word => word.Split(',', StringSplitOptions.RemoveEmptyEntries)).Distinct()];
        return named.Length == 0 ? Default : named;
    }

    protected virtual void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        json.WriteStartArray("columns");
        foreach (string column in columns)
            json.WriteStringValue(column);
        json.WriteEndArray();
        json.WriteString("vhost", call.Vhost);
    }
}
