using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>
/// A command of RabbitMQ's that Warren has not got: instead of "not found" it says why, and what does the job. It takes
/// any arguments, so that this is heard whatever they are.
/// </summary>
/// <param name="name">As it is typed.</param>
/// <param name="usage">What may follow in RabbitMQ.</param>
/// <param name="section">Where the help lists it.</param>
/// <param name="reason">A sentence: what there is not, and what to use in its place.</param>
internal sealed class RefusedCommand(string name, string usage, Section section, string reason) : Command(
    name, usage, section, "Not in Warren: " + reason)
{
    public override NodeState Needs => NodeState.Any;

    public override (int Least, int Most) Arguments => (0, int.MaxValue);

    public override bool IsRefused => true;

    public override ExitCode Run(Invocation call) => throw CommandException.Because(
        ExitCode.Unavailable, $"'{call.Command.Name}' is not in Warren: {reason}");
}
