using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Whether queues would be out of reach without this node. In a cluster of one the question does not arise; in a larger
/// one the node has the answer.
/// </summary>
internal sealed class CriticalityCheck(
    string name, string summary, string banner, string loses, string none) : Command(
    name, "", Section.Monitoring, summary)
{
    public override int? DefaultTimeoutMs => 60_000;

    public static CriticalityCheck OfMirrors() => new(
        "check_if_node_is_mirror_sync_critical",
        "Health check that exits with a non-zero code if there are classic mirrored queues without online synchronised "
        + "mirrors (queues that would potentially lose data if the target node is shut down)",
        "is critical for data safety of any classic mirrored queues ...",
        "would be out of reach, having no synchronised mirror,",
        "no classic mirrored queues without online synchronised mirrors");

    public static CriticalityCheck OfQuorum() => new(
        "check_if_node_is_quorum_critical",
        "Health check that exits with a non-zero code if there are queues with minimum online quorum "
        + "(queues that would lose their quorum if the target node is shut down)",
        "is critical for quorum of any quorum queues ...",
        "would lose quorum",
        "no quorum queues with minimum quorum");

    public override string? Banner(Invocation call) => $"Checking if node {call.Place.NodeName} {banner}";

    public override ExitCode Run(Invocation call)
    {
        JsonElement status = call.Node.Ask("cluster_status");
        string node = call.Node.NodeName;
        if (status.GetProperty("disk_nodes").GetArrayLength() == 1)
        {
            call.Output.WriteLine(
                $"Node {node} seems to be the only one in a single node cluster, the check does not apply");
            return ExitCode.Ok;
        }
        JsonElement critical = call.Node.Ask(Name).GetProperty("queues");
        if (critical.GetArrayLength() > 0)
        {
            throw new CommandException(ExitCode.Unavailable, string.Join('\n', critical.EnumerateArray().Select(queue =>
                $"{CriticalQueue.NameOf(queue)} {loses} if node {node} is stopped")));
        }
        call.Output.WriteLine($"Node {node} reported {none}");
        return ExitCode.Ok;
    }
}
