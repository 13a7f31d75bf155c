using System.Text.Json;

namespace Warren.Cli.Formatting;

/// <summary>A result that is one value and no list of rows, in a form that a program reads.</summary>
internal static class TermFormats
{
    public static void WriteWhole(TextWriter output, Format format, JsonElement value)
    {
        switch (format)
        {
            case Format.Erlang:
                output.WriteLine(TermErlang.Of(value));
                break;
            case Format.Json or Format.JsonStream:
                output.WriteLine(TermJson.Of(value));
                break;
            default:
                output.WriteLine(TermText.Of(value));
                break;
        }
    }
}
