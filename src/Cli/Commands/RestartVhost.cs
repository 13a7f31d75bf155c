using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Virtual hosts do not fail by themselves: tells that this one runs.</summary>
internal sealed class RestartVhost() : ChangeCommand(
    "restart_vhost", "[--vhost <vhost>]", Section.VirtualHosts,
    "Restarts a failed vhost data stores and queues")
{
    public override NodeState Needs => NodeState.AppRunning;

    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) =>
        $"Trying to restart vhost '{call.Vhost}' on node '{call.Place.NodeName}' ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
    }

    protected override string? Done(Invocation call, JsonElement result) =>
        $"Vhost '{call.Vhost}' is already running on node '{call.Node.NodeName}'";
}
