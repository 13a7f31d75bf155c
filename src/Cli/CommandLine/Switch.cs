namespace Warren.Cli.CommandLine;

/// <summary>One switch of a command, or of all commands.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Kind">What follows it.</param>
/// <param name="Letter">Its short form; null: it has none.</param>
internal sealed record Switch(string Name, SwitchKind Kind, char? Letter = null)
{
    /// <summary>Those that every command knows.</summary>
    public static readonly Switch[] Common =
    [
        new("node", SwitchKind.Text, 'n'),
        new("longnames", SwitchKind.Flag, 'l'),
        new("quiet", SwitchKind.Flag, 'q'),
        new("silent", SwitchKind.Flag, 's'),
        new("timeout", SwitchKind.Number, 't'),
        new("vhost", SwitchKind.Text, 'p'),
        new("formatter", SwitchKind.Text),
        new("printer", SwitchKind.Text),
        new("file", SwitchKind.Text),
        new("dry-run", SwitchKind.Flag),
        new("erlang-cookie", SwitchKind.Text),
        new("print-stacktrace", SwitchKind.Flag),
        new("help", SwitchKind.Flag, '?'),
    ];
}
