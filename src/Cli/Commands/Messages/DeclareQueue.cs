using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands.Messages;

/// <summary>Declares a queue, as a client would.</summary>
internal sealed class DeclareQueue() : ChangeCommand(
    "queue", "declare [--vhost <vhost>] <name> [--durable] [--auto-delete] [--type classic|quorum] "
    + "[--arguments <JSON object>]",
    Section.Queues, "Declares a queue")
{
    public override (int Least, int Most) Arguments => (2, 2);

    protected override string Question => "declare_queue";

    public override Switch[] Switches =>
    [
        new("durable", SwitchKind.Flag), new("auto-delete", SwitchKind.Flag), new("type", SwitchKind.Text),
        new("arguments", SwitchKind.Text),
    ];

    public override string Help =>
        """
        <name>
        	the queue's name

        --durable
        	outlives a restart; the default, --no-durable makes a transient one

        --auto-delete
        	goes with its last consumer

        --type <classic | quorum>
        	the queue's type; the virtual host's default if none is given

        --arguments <JSON object>
        	more arguments, such as '{"x-max-length": 1000}'
        """;

    public override string? Validate(Invocation call)
    {
        if (call.Arguments[0] != "declare")
            return $"'{call.Arguments[0]}' is not known; 'declare' is";
        if (call.Text("arguments") is not { } text)
            return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? null : "--arguments takes a JSON object";
        }
        catch (JsonException error)
        {
            return $"--arguments cannot be read: {error.Message}";
        }
    }

    public override string? Banner(Invocation call) =>
        $"Declaring queue '{call.Arguments[1]}' in vhost '{call.Vhost}' ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[1]);
        json.WriteBoolean("durable", call.Text("durable") != "false");
        json.WriteBoolean("auto_delete", call.Has("auto-delete"));
        if (call.Text("type") is { } type)
            json.WriteString("type", type);
        if (call.Text("arguments") is { } text)
        {
            json.WritePropertyName("arguments");
            json.WriteRawValue(text);
        }
    }
}
