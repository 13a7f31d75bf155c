using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Removes a runtime parameter of a virtual host.</summary>
internal sealed class ClearParameter() : ChangeCommand(
    "clear_parameter", "[--vhost <vhost>] <component_name> <name>", Section.Parameters,
    "Clears a runtime parameter.")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string? Banner(Invocation call) =>
        $"Clearing runtime parameter \"{call.Arguments[1]}\" for component \"{call.Arguments[0]}\" on vhost "
        + $"\"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("component", call.Arguments[0]);
        json.WriteString("name", call.Arguments[1]);
    }
}
