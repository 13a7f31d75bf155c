using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The version of RabbitMQ whose commands these are.</summary>
internal sealed class VersionCommand() : Command(
    "version", "", Section.Help, "Displays CLI tools version")
{
    /// <summary>What Warren stands in for; scripts compare it.</summary>
    public const string RabbitVersion = "3.13.7";

    public override NodeState Needs => NodeState.Any;

    public override ExitCode Run(Invocation call)
    {
        call.Output.WriteLine(RabbitVersion);
        return ExitCode.Ok;
    }
}
