using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Would stop bringing replicas up to date; replication never needs it, so that there is nothing to stop.
/// </summary>
internal sealed class CancelSyncQueue() : ChangeCommand(
    "cancel_sync_queue", "[--vhost <vhost>] <queue>", Section.Replication,
    "Instructs a synchronising mirrored queue to stop synchronising itself")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Stopping synchronising queue '{call.Arguments[0]}' in vhost '{call.Vhost}' ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
    }

    protected override string? Done(Invocation call, JsonElement result) => "not_syncing";
}
