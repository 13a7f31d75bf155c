using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>A quorum queue gets a member on a node.</summary>
internal sealed class AddMember() : ChangeCommand(
    "add_member", "[--vhost <vhost>] <queue> <node> [--membership <promotable|voter>]", Section.Replication,
    "Adds a quorum queue member (replica) on the given node.")
{
    public override (int Least, int Most) Arguments => (2, 2);

    public override int? DefaultTimeoutMs => 60_000;

    public override Switch[] Switches => [new("membership", SwitchKind.Text)];

    public override string[] Guides => ["quorum-queues"];

    public override string Help =>
        """
        <queue>
        	quorum queue name

        <node>
        	node to add a new replica on

        --membership <promotable|voter>
        	wait until it is a member that gets all (default), or until it has caught up and votes
        """;

    public override string? Validate(Invocation call) => WrongMembership(call);

    /// <summary>What is wrong with <c>--membership</c>; null: nothing.</summary>
    public static string? WrongMembership(Invocation call) => call.Text("membership") switch
    {
        null or "promotable" or "voter" => null,
        "non_voter" => "a member votes as soon as it has caught up: membership is promotable or voter",
        { } other => $"voter status '{other}' is not recognised.",
    };

    public override string? Banner(Invocation call) =>
        $"Adding a replica for queue {call.Arguments[0]} on node {call.Arguments[1]}...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("queue", call.Arguments[0]);
        json.WriteString("node", call.Arguments[1]);
        json.WriteString("membership", call.Text("membership") ?? "promotable");
    }
}
