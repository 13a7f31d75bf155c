using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Brings the replicas of a queue up to date.</summary>
internal sealed class SyncQueue() : ChangeCommand(
    "sync_queue", "[--vhost <vhost>] <queue>", Section.Replication,
    "Instructs a mirrored queue with unsynchronised mirrors (follower replicas) to synchronise them")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Synchronising queue '{call.Arguments[0]}' in vhost '{call.Vhost}' ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
    }
}
