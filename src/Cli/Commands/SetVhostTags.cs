using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Replaces the tags of a virtual host.</summary>
internal sealed class SetVhostTags() : ChangeCommand(
    "set_vhost_tags", "<vhost> <tag> [...]", Section.VirtualHosts,
    "Sets virtual host tags")
{
    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override string? Banner(Invocation call) =>
        $"Setting tags for vhost \"{call.Arguments[0]}\" to [{string.Join(", ", call.Arguments.Skip(1))}] ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
        json.WriteStartArray("tags");
        foreach (string tag in call.Arguments.Skip(1))
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
