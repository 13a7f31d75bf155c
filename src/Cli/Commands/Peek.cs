using System.Globalization;
using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>One message that waits in a quorum queue, and stays there.</summary>
internal sealed class Peek() : ListCommand(
    "peek", "[--vhost <vhost>] <queue> <position>", Section.Monitoring,
    "Peeks at the given position of a quorum queue")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override Switch[] Switches => [];

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <queue>
        	Name of the queue

        <position>
        	Position in the queue, starts at 1
        """;

    protected override Format OwnFormat => Format.PrettyTable;

    protected override string[] Default => ["keys", "values"];

    public override string? Validate(Invocation call) => PositionOf(call) is null
        ? $"position '{call.Arguments[1]}' is not a whole number"
        : null;

    public override string? Banner(Invocation call) =>
        $"Peeking at quorum queue {call.Arguments[0]} at position {call.Arguments[1]} "
        + $"on node {call.Place.NodeName} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json, IReadOnlyList<string> columns)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
        json.WriteNumber("position", PositionOf(call)!.Value);
    }

    private static int? PositionOf(Invocation call) =>
        int.TryParse(call.Arguments[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int position)
            ? position
            : null;
}
