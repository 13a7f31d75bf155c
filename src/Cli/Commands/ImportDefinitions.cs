using System.Text.Json;
using Warren.Cli.CommandLine;
using Warren.Cli.Help;

namespace Warren.Cli.Commands;

/// <summary>Reads definitions from a file, or standard input, into the node.</summary>
internal sealed class ImportDefinitions() : ChangeCommand(
    "import_definitions", "<file_path | \"-\"> [--format <json | erlang>] [--skip-if-unchanged] [--timeout <timeout>]",
    Section.Definitions, "Imports definitions in JSON or compressed Erlang Term Format.")
{
    public override int? DefaultTimeoutMs => 300_000;

    public override (int Least, int Most) Arguments => (0, 1);

    public override string[] Guides => ["definitions"];

    public override Switch[] Switches => [new("format", SwitchKind.Text), new("skip-if-unchanged", SwitchKind.Flag)];

    public override string Help =>
        """
        [file]
        	Local file path to import from. If omitted will be read from standard input

        --format
        	input format to use: json

        --skip-if-unchanged
        	change nothing if the same document was the last one imported by this command since the node's process began
        """;

    public override string? Validate(Invocation call)
    {
        if ((call.Text("format") ?? "json") != "json")
            return "Format should be json: Erlang's own term format is not read";
        return call.Arguments is [{ } path] && path != "-" && !File.Exists(path)
            ? $"File {path} does not exist"
            : null;
    }

    public override string? Banner(Invocation call) => call.Arguments is [{ } path] && path != "-"
        ? $"Importing definitions in JSON from a file at \"{path}\" ..."
        : "Importing definitions in JSON from standard input ...";

    protected override void WriteArguments(Invocation call, Utf8JsonWriter json)
    {
        json.WriteString(
            "definitions",
            call.Arguments is [{ } path] && path != "-" ? File.ReadAllText(path) : call.Input.ReadToEnd());
        json.WriteBoolean("skip_if_unchanged", call.Has("skip-if-unchanged"));
    }

    protected override string? Done(Invocation call, JsonElement result) => result.TryGetProperty("skipped", out _)
        ? "The same definitions were imported last: nothing was changed."
        : "Successfully started definition import. This process is asynchronous and can take some time. "
        + "Watch target node logs for completion.";
}
