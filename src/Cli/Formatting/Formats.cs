namespace Warren.Cli.Formatting;

/// <summary>The names of the forms.</summary>
internal static class Formats
{
    public const string Names = "csv, erlang, json, json_stream, pretty_table, report, string and table";

    public static Format? Find(string name) => name switch
    {
        "table" => Format.Table,
        "pretty_table" => Format.PrettyTable,
        "json" => Format.Json,
        "json_stream" => Format.JsonStream,
        "csv" => Format.Csv,
        "erlang" => Format.Erlang,
        "string" => Format.Text,
        "report" => Format.Report,
        _ => null,
    };
}
