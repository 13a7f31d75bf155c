using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Removes an operator policy.</summary>
internal sealed class ClearOperatorPolicy() : ChangeCommand(
    "clear_operator_policy", "[--vhost <vhost>] <name>", Section.Policies,
    "Clears an operator policy")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Clearing operator policy \"{call.Arguments[0]}\" on vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("name", call.Arguments[0]);
    }
}
