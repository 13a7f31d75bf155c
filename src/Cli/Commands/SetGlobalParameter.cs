using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Sets a runtime parameter that belongs to no virtual host.</summary>
internal sealed class SetGlobalParameter() : ChangeCommand(
    "set_global_parameter", "<name> <value>", Section.Parameters,
    "Sets a runtime parameter.")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override string? Banner(Invocation call) =>
        $"Setting global runtime parameter \"{call.Arguments[0]}\" to \"{call.Arguments[1]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
        json.WriteString("value", call.Arguments[1]);
    }
}
