using System.Text.Json;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>
/// A question about the node whose answer is a map, and what is printed of it. Health checks fail with 69 and a
/// sentence.
/// </summary>
/// <param name="name">As it is typed.</param>
/// <param name="usage">What may follow.</param>
/// <param name="summary">What it does.</param>
/// <param name="question">What the node is asked; several commands look at the same answer.</param>
internal abstract class DiagnosticCommand(string name, string usage, string summary, string question)
    : Command(name, usage, Section.Monitoring, summary)
{
    public override int? DefaultTimeoutMs => 60_000;

    public override ExitCode Run(Invocation call) => Show(call, call.Node.Ask(question));

    protected abstract ExitCode Show(Invocation call, JsonElement answer);

    /// <summary>The check has failed.</summary>
    protected static CommandException Failed(string sentence) => new(ExitCode.Unavailable, sentence);
}
