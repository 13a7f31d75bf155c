using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Takes a virtual host its limits.</summary>
internal sealed class ClearVhostLimits() : ChangeCommand(
    "clear_vhost_limits", "[--vhost <vhost>]", Section.VirtualHosts,
    "Clears virtual host limits")
{
    public override (int Least, int Most) Arguments => (0, 0);

    public override string? Banner(Invocation call) =>
        $"Clearing vhost \"{call.Vhost}\" limits ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
    }
}
