using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Replaces a user's tags.</summary>
internal sealed class SetUserTags() : ChangeCommand(
    "set_user_tags", "<username> <tag> [...]", Section.Users,
    "Sets user tags")
{
    public override (int Least, int Most) Arguments => (1, int.MaxValue);
    public override string[] Guides => ["access-control"];

    public override string? Banner(Invocation call) =>
        $"Setting tags for user \"{call.Arguments[0]}\" to [{string.Join(", ", call.Arguments.Skip(1))}] ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        json.WriteStartArray("tags");
        foreach (string tag in call.Arguments.Skip(1))
            json.WriteStringValue(tag);
        json.WriteEndArray();
    }
}
