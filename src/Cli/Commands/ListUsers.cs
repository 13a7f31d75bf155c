using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>The users of the internal database.</summary>
internal sealed class ListUsers() : PlainListCommand(
    "list_users", "[--no-table-headers] [--timeout <timeout>]", Section.Users, "List user names and tags", ["user",
    "tags"])
{
    public override string? Banner(Invocation call) => "Listing users ...";

    public override string[] Guides => ["access-control"];
}
