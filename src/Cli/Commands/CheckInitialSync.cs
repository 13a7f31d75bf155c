using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Whether queues have members on this node that have not caught up, and so count for nothing yet.</summary>
internal sealed class CheckInitialSync() : Command(
    "check_if_new_quorum_queue_replicas_have_finished_initial_sync", "", Section.Monitoring,
    "Health check that exits with a non-zero code if there are queues that run promotable replicas on the current "
    + "node.")
{
    public override int? DefaultTimeoutMs => 60_000;

    public override string? Banner(Invocation call) =>
        $"Checking if node {call.Place.NodeName} runs promotable replicas of any queues ...";

    public override ExitCode Run(Invocation call)
    {
        JsonElement queues = call.Node.Ask(Name).GetProperty("queues");
        string node = call.Node.NodeName;
        if (queues.GetArrayLength() > 0)
        {
            throw new CommandException(ExitCode.Unavailable, string.Join('\n', queues.EnumerateArray().Select(queue =>
                $"queue '{queue.GetProperty("name").GetString()}' in vhost '{queue.GetProperty("vhost").GetString()}' "
                + $"hasn't finished synchronization with {node}.")));
        }
        if (!call.IsSilent)
            call.Output.WriteLine($"Node {node} reported no queues with promotable replicas");
        return ExitCode.Ok;
    }
}
