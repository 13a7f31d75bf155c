using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Removes a runtime parameter that belongs to no virtual host.</summary>
internal sealed class ClearGlobalParameter() : ChangeCommand(
    "clear_global_parameter", "<name>", Section.Parameters,
    "Clears a global runtime parameter")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Clearing global runtime parameter \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
    }
}
