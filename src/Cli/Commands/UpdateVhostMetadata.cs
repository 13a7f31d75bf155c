using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Changes what is given of a virtual host's description, tags and default queue type.</summary>
internal sealed class UpdateVhostMetadata() : ChangeCommand(
    "update_vhost_metadata",
    "<vhost> [--description <description>] [--tags \"<tag1>,<tag2>,<...>\"] "
    + "[--default-queue-type <quorum|classic|stream>]",
    Section.VirtualHosts, "Updates metadata (tags, description, default queue type) a virtual host")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["virtual-hosts"];

    public override Switch[] Switches => VhostProperties.Switches;

    public override string Help => VhostProperties.Help;

    public override string? Validate(Invocation call)
    {
        if (VhostProperties.Validate(call) is { } problem)
            return problem;
        return Switches.Any(one => call.Text(one.Name) is not null)
            ? null
            : "not enough arguments. Please specify at least one value to change: "
                + "--description, --tags, --default-queue-type";
    }

    public override string? Banner(Invocation call) => $"Updating metadata of vhost \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json) =>
        VhostProperties.Write(call, json);
}
