using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;
using Warren.Cli.Node;

namespace Warren.Cli.Commands;

/// <summary>Writes all definitions to a file that only its owner may read: there are password hashes in it.</summary>
internal sealed class ExportDefinitions() : Command(
    "export_definitions", "<file_path | \"-\"> [--format <json | erlang>] [--timeout <timeout>]", Section.Definitions,
    "Exports definitions in JSON or compressed Erlang Term Format.")
{
    public override int? DefaultTimeoutMs => 60_000;

    public override (int Least, int Most) Arguments => (1, 1);

    public override string[] Guides => ["definitions"];

    public override Switch[] Switches => [new("format", SwitchKind.Text)];

    public override string Help =>
        """
        <file>
        	Local file path to export to. Pass a dash (-) for stdout.

        --format
        	output format to use: json
        """;

    public override string? Validate(Invocation call) => (call.Text("format") ?? "json") == "json"
        ? null
        : "Format should be json: Erlang's own term format is not written";

    public override string? Banner(Invocation call) => call.Arguments[0] == "-"
        ? null
        : $"Exporting definitions in JSON to a file at \"{call.Arguments[0]}\" ...";

    public override ExitCode Run(Invocation call)
    {
        JsonElement result = call.Node.Ask(Name);
        string document = result.GetProperty("definitions").GetString()!;
        if (call.Arguments[0] == "-")
        {
            call.Output.WriteLine(document);
            return ExitCode.Ok;
        }
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new StreamWriter(call.Arguments[0], options);
            file.WriteLine(document);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw CommandException.Because(
                ExitCode.DataError, $"{call.Arguments[0]} cannot be written: {error.Message}");
        }
        return ExitCode.Ok;
    }
}
