using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Does nothing, as in RabbitMQ: who a node is does not depend on what it is called.</summary>
internal sealed class RenameClusterNode() : Command(
    "rename_cluster_node", "<oldnode1> <newnode1> [oldnode2] [newnode2] ...", Section.Cluster,
    "Renames cluster nodes in the local database")
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (2, int.MaxValue);

    public override ExitCode Run(Invocation call)
    {
        call.Say("DEPRECATED: this command is a no-op");
        return ExitCode.Ok;
    }
}
