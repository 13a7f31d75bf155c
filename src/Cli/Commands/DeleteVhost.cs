using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Deletes a virtual host with all that is in it.</summary>
internal sealed class DeleteVhost() : ChangeCommand(
    "delete_vhost", "<vhost>", Section.VirtualHosts,
    "Deletes a virtual host")
{
    public override (int Least, int Most) Arguments => (1, 1);

    public override string? Banner(Invocation call) =>
        $"Deleting vhost \"{call.Arguments[0]}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("name", call.Arguments[0]);
    }
}
