namespace Warren.Cli.Formatting;

/// <summary>The forms that <c>--formatter</c> knows.</summary>
internal enum Format
{
    Table,
    PrettyTable,
    Json,
    JsonStream,
    Csv,
    Erlang,
    Text,
    Report,
}
