using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands.Messages;

/// <summary>Looks at the first messages of a queue, which stay in it, or takes them out.</summary>
internal sealed class Get() : Command(
    "get", "[--vhost <vhost>] <queue> [--count|-c <n>] [--ack]", Section.Queues,
    "Shows the first messages of a queue, or takes them out of it")
{
    private static readonly string[] Columns = ["exchange", "routing_key", "redelivered", "properties", "body"];

    public override (int Least, int Most) Arguments => (1, 1);

    public override Switch[] Switches =>
    [
        new("count", SwitchKind.Number, 'c'), new("ack", SwitchKind.Flag), new("no-table-headers", SwitchKind.Flag),
    ];

    public override string Help =>
        """
        <queue>
        	the queue's name

        --count <n>
        	how many messages, 1 if not given

        --ack
        	take them out of the queue; otherwise they are put back, marked as redelivered
        """;

    public override string? Validate(Invocation call) =>
        call.Number("count") is < 1 or > 1000 ? "--count takes 1 to 1000" : null;

    public override string? Banner(Invocation call) =>
        $"Getting messages of queue '{call.Arguments[0]}' in vhost '{call.Vhost}' ...";

    public override CommandException Explain(Invocation call, NodeRefusal refusal) =>
        refusal.Kind == RefusalKind.NotFound
            ? CommandException.Because(
                ExitCode.Unavailable, $"queue '{call.Arguments[0]}' does not exist in vhost '{call.Vhost}'")
            : base.Explain(call, refusal);

    public override ExitCode Run(Invocation call)
    {
        RowWriter rows = RowWriter.For(call.Format ?? Format.Table, call.Output, Columns, call.HidesHeaders);
        call.Node.Ask(
            "get_messages",
            json =>
            {
                json.WriteString("vhost", call.Vhost);
                json.WriteString("queue", call.Arguments[0]);
                json.WriteNumber("count", call.Number("count") ?? 1);
                json.WriteBoolean("ack", call.Has("ack"));
            },
            rows.Write);
        rows.End(wasStreamed: true);
        return ExitCode.Ok;
    }
}
