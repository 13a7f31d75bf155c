using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The limits of a user.</summary>
internal sealed class ListUserLimits() : LimitsCommand(
    "list_user_limits", "[--user <username>] [--global]", "Displays configured user limits", Section.Users, "user")
{
    protected override string SubjectOf(Invocation call) => call.Text("user") ?? "guest";
}
