using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Limits: of one virtual host or user as a JSON document, of all of them as a table.</summary>
internal abstract class LimitsCommand(string name, string usage, string summary, Section section, string subject)
    : Command(name, usage, section, summary)
{
    public override Switch[] Switches =>
        [new("global", SwitchKind.Flag), new("user", SwitchKind.Text), new("no-table-headers", SwitchKind.Flag)];

    /// <summary>Whose limits, when not everybody's.</summary>
    protected abstract string SubjectOf(Invocation call);

    public override string? Banner(Invocation call) => call.Has("global")
        ? $"Listing limits for all {subject}s ..."
        : $"Listing limits for {subject} \"{SubjectOf(call)}\" ...";

    public override ExitCode Run(Invocation call)
    {
        bool isGlobal = call.Has("global");
        var found = new List<JsonElement>();
        call.Node.Ask(
            Name,
            json =>
            {
                if (!isGlobal)
                    json.WriteString(subject, SubjectOf(call));
            },
            found.Add);
        if (isGlobal || call.Format is not null)
        {
            RowWriter rows = RowWriter.For(
                call.Format ?? Format.Table, call.Output, [subject, "limits"], call.HidesHeaders);
            found.ForEach(rows.Write);
            rows.End(wasStreamed: false);
            return ExitCode.Ok;
        }
        call.Output.WriteLine(found.Count == 0 ? "" : TermText.Of(found[0][1]));
        return ExitCode.Ok;
    }
}
