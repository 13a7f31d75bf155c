using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Sets how many connections and queues a virtual host may have.</summary>
internal sealed class SetVhostLimits() : ChangeCommand(
    "set_vhost_limits", "[--vhost <vhost>] <definition>", Section.VirtualHosts,
    "Sets virtual host limits")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["virtual-hosts"];

    public override string Help =>
        """
        <definition>
        	Limit definitions, must be a valid JSON document
        """;

    public override string? Banner(Invocation call) =>
        $"Setting vhost limits to \"{call.Arguments[0]}\" for vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("definition", call.Arguments[0]);
    }
}
