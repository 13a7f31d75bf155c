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

    public override Switch[] Switches =>
    [
        new("description", SwitchKind.Text), new("tags", SwitchKind.Text),
        new("default-queue-type", SwitchKind.Text),
    ];

    public override string Help =>
        """
        <vhost>
        	Virtual host name

        --description <description>
        	Virtual host description

        --tags <tags>
        	Comma-separated list of tags

        --default-queue-type <quorum|classic|stream>
        	Queue type to use if no type is explicitly provided by the client
        """;

    public override string? Validate(Invocation call)
    {
        if (call.Text("default-queue-type") is not null and not "quorum" and not "classic" and not "stream")
            return "unsupported default queue type";
        return Switches.Any(one => call.Text(one.Name) is not null)
            ? null
            : "not enough arguments. Please specify at least one value to change: "
                + "--description, --tags, --default-queue-type";
    }

    public override string? Banner(Invocation call) => $"Updating metadata of vhost \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
        if (call.Text("description") is { } description)
            json.WriteString("description", description);
        if (call.Text("default-queue-type") is { } type)
            json.WriteString("default_queue_type", type);
        json.WriteStartArray("tags");
        foreach (string tag in (call.Text("tags") ?? "").Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
