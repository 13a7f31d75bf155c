using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Removes a policy.</summary>
internal sealed class ClearPolicy() : ChangeCommand(
    "clear_policy", "[--vhost <vhost>] <name>", Section.Policies,
    "Clears (removes) a policy")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Clearing policy \"{call.Arguments[0]}\" on vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("name", call.Arguments[0]);
    }
}
