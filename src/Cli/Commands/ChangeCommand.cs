using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>A command that has the node change something, and has nothing to print but what it did.</summary>
internal abstract class ChangeCommand(string name, string usage, Section section, string summary)
    : Command(name, usage, section, summary)
{
    public override ExitCode Run(Invocation call)
    {
        JsonElement result = call.Node.Ask(Question, json => WriteArguments(call, json));
        if (Done(call, result) is { } done)
            call.Output.WriteLine(done);
        return ExitCode.Ok;
    }

    /// <summary>What the node is asked to do; the command's name, if it is not another tool's.</summary>
    protected virtual string Question => Name;

    /// <summary>What the node is told.</summary>
    protected abstract void WriteArguments(Invocation call, Utf8JsonWriter json);

    /// <summary>What is printed when it is done; null: nothing.</summary>
    protected virtual string? Done(Invocation call, JsonElement result) => null;
}
