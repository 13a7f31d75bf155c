using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>What setting a policy and an operator policy have in common.</summary>
internal abstract class SetPolicyCommand(string name, string summary, string what) : ChangeCommand(
    name, "[--vhost <vhost>] [--priority <priority>] [--apply-to <apply-to>] <name> <pattern> <definition>",
    Section.Policies, summary)
{
    public override (int Least, int Most) Arguments => (3, 3);

    public override string[] Guides => ["parameters"];

    public override Switch[] Switches => [new("priority", SwitchKind.Number), new("apply-to", SwitchKind.Text)];

    public override string Help =>
        """
        <name>
        	policy name (identifier)

        <pattern>
        	regular expression pattern that will be used to match queues, exchanges, etc

        <definition>
        	policy definition (arguments). Must be a valid JSON document

        --priority <priority>
        	policy priority

        --apply-to <queues | exchanges | all>
        	policy should only apply to queues, exchanges, or all entities (both of the above)
        """;

    public override string? Banner(Invocation call) =>
        $"Setting {what} \"{call.Arguments[0]}\" for pattern \"{call.Arguments[1]}\" to \"{call.Arguments[2]}\" "
        + $"with priority \"{call.Number("priority") ?? 0}\" for vhost \"{call.Vhost}\" ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString("vhost", call.Vhost);
        json.WriteString("name", call.Arguments[0]);
        json.WriteString("pattern", call.Arguments[1]);
        json.WriteString("definition", call.Arguments[2]);
        json.WriteNumber("priority", call.Number("priority") ?? 0);
        json.WriteString("apply_to", call.Text("apply-to") ?? "all");
    }
}
