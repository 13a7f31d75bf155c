using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Drops all ready messages of a queue.</summary>
internal sealed class PurgeQueue() : ChangeCommand(
    "purge_queue", "<queue> [--timeout <timeout>]", Section.Queues,
    "Purges a queue (removes all messages in it)")
{
    public override (int Least, int Most) Arguments => (1, 1);
    public override string[] Guides => ["queues"];

    public override string Help =>
        """
        <queue>
        	Name of the queue to purge
        """;

    public override string? Banner(Invocation call) =>
        $"Purging queue '{call.Arguments[0]}' in vhost '{call.Vhost}' ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
    }
}
