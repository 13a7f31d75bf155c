using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Creates a virtual host; one that is there already is left as it is.</summary>
internal sealed class AddVhost() : ChangeCommand(
    "add_vhost",
    "<vhost> [--description <description> --tags \"<tag1>,<tag2>,<...>\" "
    + "--default-queue-type <quorum|classic|stream>]",
    Section.VirtualHosts, "Creates a virtual host")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["virtual-hosts"];

    public override Switch[] Switches => VhostProperties.Switches;

    public override string Help => VhostProperties.Help;

    public override string? Validate(Invocation call) => VhostProperties.Validate(call);

    public override string? Banner(Invocation call) => $"Adding vhost \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json) =>
        VhostProperties.Write(call, json);
}
