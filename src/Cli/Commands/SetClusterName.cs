using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Names the cluster.</summary>
internal sealed class SetClusterName() : ChangeCommand(
    "set_cluster_name", "<name>", Section.Configuration,
    "Sets the cluster name")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Setting cluster name to {call.Arguments[0]} ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
    }
}
