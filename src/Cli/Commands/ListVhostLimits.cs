using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The limits of a virtual host.</summary>
internal sealed class ListVhostLimits() : LimitsCommand(
    "list_vhost_limits", "[--vhost <vhost>] [--global] [--no-table-headers]",
    "Displays configured virtual host limits", Section.VirtualHosts, "vhost")
{
    protected override string SubjectOf(Invocation call) => call.Vhost;
}
