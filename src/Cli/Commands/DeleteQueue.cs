using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Deletes a queue, if need be only one that nobody needs.</summary>
internal sealed class DeleteQueue() : ChangeCommand(
    "delete_queue", "<queue_name> [--if-empty|-e] [--if-unused|-u] [--timeout <timeout>]", Section.Queues,
    "Deletes a queue")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["queues"];

    public override Switch[] Switches =>
        [new("if-empty", SwitchKind.Flag, 'e'), new("if-unused", SwitchKind.Flag, 'u')];

    public override string Help =>
        """
        <queue_name>
        	name of the queue to delete

        --if-empty
        	delete the queue if it is empty (has no messages ready for delivery)

        --if-unused
        	delete the queue only if it has no consumers
        """;

    public override string? Banner(Invocation call) =>
        $"Deleting queue '{call.Arguments[0]}' on vhost '{call.Vhost}' "
        + (call.Has("if-empty"), call.Has("if-unused")) switch
        {
            (true, true) => "if queue is empty and if queue is unused ...",
            (true, false) => "if queue is empty ...",
            (false, true) => "if queue is unused ...",
            _ => "...",
        };

    public override CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind switch
    {
        RefusalKind.NotFound or RefusalKind.NoSuchVhost =>
            CommandException.Because(ExitCode.Usage, "Queue not found"),
        RefusalKind.InvalidArgument => CommandException.Because(ExitCode.Usage, refusal.Text),
        _ => base.Explain(call, refusal),
    };

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
        json.WriteBoolean("if_empty", call.Has("if-empty"));
        json.WriteBoolean("if_unused", call.Has("if-unused"));
    }

    protected override string? Done(Invocation call, JsonElement result) =>
        $"Queue was successfully deleted with {result.GetProperty("messages").GetInt64()} ready messages";
}
