using Warren.Cli.CommandLine;
using Warren.Cli.Formatting;
using Warren.Cli.Node;

namespace Warren.Cli;

/// <summary>
/// One call of a command: its words and switches, and the node it is for, reached when first asked for.
/// </summary>
internal sealed class Invocation : IDisposable
{
    private readonly ParsedLine _line;
    private readonly Terminal _terminal;
    private NodeConnection? _node;

    public Invocation(
        Tool tool, Command command, ParsedLine line, CallerEnvironment environment, Terminal terminal)
    {
        Tool = tool;
        Command = command;
        _line = line;
        Environment = environment;
        _terminal = terminal;
        Arguments = line.Words.Count > 0 ? line.Words.GetRange(1, line.Words.Count - 1) : [];
    }

    public Tool Tool { get; }

    public Command Command { get; }

    public CallerEnvironment Environment { get; }

    /// <summary>The words behind the command's name.</summary>
    public IReadOnlyList<string> Arguments { get; }

    public Terminal Terminal => _terminal;

    public TextWriter Output => _terminal.Output;

    public TextWriter Error => _terminal.Error;

    public TextReader Input => _terminal.OpenInput();

    /// <summary>The virtual host meant.</summary>
    public string Vhost => Text("vhost") ?? "/";

    public bool IsQuiet => Has("quiet") || IsSilent;

    public bool IsSilent => Has("silent");

    public bool HidesHeaders => IsSilent || Has("no-table-headers");

    /// <summary>The form asked for; null: the command's own.</summary>
    public Format? Format { get; init; }

    public int? TimeoutMs => _line.Number("timeout") is { } seconds
        ? (int)Math.Min(seconds * 1000L, int.MaxValue)
        : Command.DefaultTimeoutMs;

    public NodePlace Place => NodePlace.Find(Environment, Text("node"), Has("longnames"), Text("erlang-cookie"));

    /// <summary>The node, reached at the first call.</summary>
    /// <exception cref="CommandException">It cannot be reached.</exception>
    public NodeConnection Node => _node ??= NodeConnection.Open(Place, TimeoutMs);

    public bool Has(string name) => _line.Has(name);

    public string? Text(string name) => _line.Text(name);

    public int? Number(string name) => _line.Number(name);

    /// <summary>A line that quiet callers do not want.</summary>
    public void Say(string line)
    {
        if (!IsQuiet)
            Output.WriteLine(line);
    }

    public void Dispose() => _node?.Dispose();
}
