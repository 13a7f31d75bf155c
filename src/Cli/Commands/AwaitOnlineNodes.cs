using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Waits until so many members of the cluster are up.</summary>
internal sealed class AwaitOnlineNodes() : ChangeCommand(
    "await_online_nodes", "<count>", Section.Cluster,
    "Waits for <count> nodes to join the cluster")
{
    public override NodeState Needs => NodeState.AppRunning;

    public override (int Least, int Most) Arguments => (1, 1);

    public override int? DefaultTimeoutMs => 300_000;

    public override string? Validate(Invocation call) =>
        int.TryParse(call.Arguments[0], out int count) && count > 0 ? null : "Argument must be a positive integer";

    public override string? Banner(Invocation call) =>
        $"Will wait for at least {call.Arguments[0]} nodes to join the cluster of {call.Place.NodeName}. "
        + $"Timeout: {(call.TimeoutMs ?? 0) / 1000} seconds.";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteNumber("count", int.Parse(call.Arguments[0], System.Globalization.CultureInfo.InvariantCulture));
    }
}
