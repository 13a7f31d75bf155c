using System.Text.Json;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// After the last node's upgrade: leaders are spread over the nodes, since each restart has moved some.
/// </summary>
internal sealed class PostUpgrade() : Command(
    "post_upgrade", "", Section.Upgrade, "Runs post-upgrade tasks")
{
    public override string[] Guides => ["upgrade"];

    public override string? Banner(Invocation call) => "Executing post upgrade tasks...\nRebalancing queue masters...";

    public override ExitCode Run(Invocation call)
    {
        RowWriter? rows = call.Format is { } format
            ? RowWriter.For(format, call.Output, Rebalance.Cells, call.HidesHeaders)
            : null;
        call.Node.Ask(
            "rebalance", json => Rebalance.Write(json, "all", ".*", ".*"),
            rows is null ? row => call.Output.WriteLine(InElixir(row)) : rows.Write);
        rows?.End(wasStreamed: false);
        return ExitCode.Ok;
    }

    // As RabbitMQ's tool prints what it has no form for.
    private static string InElixir(JsonElement row)
    {
        IEnumerable<string> cells = row.EnumerateArray()
            .Select((cell, at) => $"{{\"{Rebalance.Cells[at]}\", {ValueOf(cell)}}}");
        return $"[{string.Join(", ", cells)}]";
    }

    private static string ValueOf(JsonElement cell)
    {
        string text = TermText.Of(cell);
        if (cell.ValueKind == JsonValueKind.Number)
            return text;
        bool isPlain = text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '@');
        return isPlain ? $":{text}" : $":\"{text}\"";
    }
}
