using System.Text.Json;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Tries a user's name and password.</summary>
internal sealed class AuthenticateUser() : ChangeCommand(
    "authenticate_user", "<username> <password>", Section.Users,
    "Attempts to authenticate a user. Exits with a non-zero code if authentication fails.")
{
    public override (int Least, int Most) Arguments => (1, 2);

    public override string? Banner(Invocation call) => $"Authenticating user \"{call.Arguments[0]}\" ...";

    public override CommandException Explain(Invocation call, NodeRefusal refusal) => refusal.Kind == RefusalKind.Other
        ? CommandException.Because(
            ExitCode.DataError, $"Error: failed to authenticate user \"{call.Arguments[0]}\"\n{refusal.Text}")
        : base.Explain(call, refusal);

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("user", call.Arguments[0]);
        json.WriteString("password", call.Arguments.Count > 1 ? call.Arguments[1] : Password.Read(call));
    }

    protected override string? Done(Invocation call, JsonElement result) => "Success";
}
