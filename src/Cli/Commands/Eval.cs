using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>
/// There is no Erlang to evaluate. Points to the command that does what the expression is usually written for.
/// </summary>
internal sealed class Eval() : Command(
    "eval", "<expression>", Section.Operations,
    "Evaluates nothing, as there is no Erlang: names the command that does what an expression is for")
{
    // What people look for, and what does it.
    private static readonly (string Part, string Instead)[] Advice =
    [
        ("queue.declare", "warren queue declare NAME [--durable] [--type classic|quorum]"),
        ("rabbit_amqqueue:declare", "warren queue declare NAME [--durable] [--type classic|quorum]"),
        ("basic_publish", "warren publish --routing-key KEY [--exchange NAME] [--count N] BODY"),
        ("rabbit_basic:publish", "warren publish --routing-key KEY [--exchange NAME] [--count N] BODY"),
        ("basic.publish", "warren publish --routing-key KEY [--exchange NAME] [--count N] BODY"),
        ("basic.get", "warren get QUEUE [--count N] [--ack]"),
        ("rabbit_amqqueue:list", "rabbitmqctl list_queues"),
        ("rabbit_amqqueue:delete", "rabbitmqctl delete_queue NAME"),
        ("rabbit_amqqueue:purge", "rabbitmqctl purge_queue NAME"),
        ("rabbit_mnesia", "rabbitmqctl cluster_status"),
        ("rabbit_nodes", "rabbitmqctl cluster_status"),
        ("application:get_env", "rabbitmqctl environment"),
        ("rabbit_networking:connections", "rabbitmqctl list_connections"),
        ("rabbit_alarm", "rabbitmq-diagnostics alarms"),
    ];

    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (1, int.MaxValue);

    public override ExitCode Run(Invocation call)
    {
        string expression = string.Join(' ', call.Arguments);
        foreach ((string part, string instead) in Advice)
        {
            if (expression.Contains(part, StringComparison.Ordinal))
                throw Refusal($"This does what the expression is for:\n    {instead}");
        }
        throw Refusal("'rabbitmqctl help' and 'warren help' list what can be done");
    }

    private static CommandException Refusal(string instead) => CommandException.Because(
        ExitCode.Usage, $"the node is not written in Erlang and evaluates none. {instead}");
}
