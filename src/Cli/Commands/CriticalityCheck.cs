using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// Whether queues would be worse off without this node. In a cluster of one the question does not arise; in a larger
/// one the node has the answer.
/// </summary>
internal sealed class CriticalityCheck(string name, string summary, string banner) : Command(
    name, "", Section.Monitoring, summary)
{
    public override int? DefaultTimeoutMs => 60_000;

    public static CriticalityCheck OfMirrors() => new(
        "check_if_node_is_mirror_sync_critical",
        "Health check that exits with a non-zero code if there are classic mirrored queues without online synchronised "
        + "mirrors (queues that would potentially lose data if the target node is shut down)",
        "is critical for data safety of any classic mirrored queues ...");

    public static CriticalityCheck OfQuorum() => new(
        "check_if_node_is_quorum_critical",
        "Health check that exits with a non-zero code if there are queues with minimum online quorum "
        + "(queues that would lose their quorum if the target node is shut down)",
        "is critical for quorum of any quorum queues ...");

    public override string? Banner(Invocation call) => $"Checking if node {call.Place.NodeName} {banner}";

    public override ExitCode Run(Invocation call)
    {
        JsonElement status = call.Node.Ask("cluster_status");
        if (status.GetProperty("disk_nodes").GetArrayLength() > 1)
            call.Node.Ask(Name);
        else
        {
            call.Output.WriteLine(
                $"Node {call.Node.NodeName} seems to be the only one in a single node cluster, "
                + "the check does not apply");
        }
        return ExitCode.Ok;
    }
}
