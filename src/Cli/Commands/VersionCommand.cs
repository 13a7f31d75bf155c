using System.Reflection;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>The version of RabbitMQ whose commands these are; of <c>warren</c>, Warren's own.</summary>
internal sealed class VersionCommand() : Command(
    "version", "", Section.Help, "Displays CLI tools version")
{
    /// <summary>What Warren stands in for; scripts compare it.</summary>
    public const string RabbitVersion = "3.13.7";

    private static readonly string Own = typeof(VersionCommand).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public override NodeState Needs => NodeState.Any;

    public override ExitCode Run(Invocation call)
    {
        call.Output.WriteLine(call.Tool == Tool.Warren ? Own : RabbitVersion);
        return ExitCode.Ok;
    }
}
