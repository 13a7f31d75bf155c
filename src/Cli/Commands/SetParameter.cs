using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Sets a runtime parameter of a virtual host.</summary>
internal sealed class SetParameter() : ChangeCommand(
    "set_parameter", "[--vhost <vhost>] <component_name> <name> <value>", Section.Parameters,
    "Sets a runtime parameter.")
{
    public override (int Least, int Most) Arguments => (3, 3);

    public override string? Banner(Invocation call) =>
        $"Setting runtime parameter \"{call.Arguments[1]}\" for component \"{call.Arguments[0]}\" to "
        + $"\"{call.Arguments[2]}\" in vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("component", call.Arguments[0]);
        json.WriteString("name", call.Arguments[1]);
        json.WriteString("value", call.Arguments[2]);
    }
}
