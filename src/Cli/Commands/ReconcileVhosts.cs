using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Virtual hosts are on every node that serves, by the cluster's log: there is nothing to reconcile.</summary>
internal sealed class ReconcileVhosts() : ChangeCommand(
    "reconcile_vhosts", "", Section.VirtualHosts,
    "Makes sure all virtual hosts were initialized on all reachable cluster nodes")
{
    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) =>
        "Will try to initiate virtual host reconciliation on all reachable cluster nodes...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        // It takes none.
    }
}
