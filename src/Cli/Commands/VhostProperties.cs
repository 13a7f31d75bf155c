using System.Text.Json;
using Warren.Cli.CommandLine;

namespace Warren.Cli.Commands;

/// <summary>What a virtual host can be given beside its name, by the commands that make and change one.</summary>
internal static class VhostProperties
{
    public static Switch[] Switches { get; } =
    [
        new("description", SwitchKind.Text), new("tags", SwitchKind.Text),
        new("default-queue-type", SwitchKind.Text),
    ];

    public const string Help =
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

    /// <summary>Null: it can be asked for.</summary>
    public static string? Validate(Invocation call) =>
        call.Text("default-queue-type") is not null and not "quorum" and not "classic" and not "stream"
            ? "unsupported default queue type"
            : null;

    /// <summary>Name and properties: those that are not given are left out, and tags given empty are none.</summary>
    public static void Write(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
        if (call.Text("description") is { } description)
            json.WriteString("description", description);
        if (call.Text("default-queue-type") is { } type)
            json.WriteString("default_queue_type", type);
        if (call.Text("tags") is not { } tags)
            return;
        json.WriteStartArray("tags");
        foreach (string tag in tags.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
