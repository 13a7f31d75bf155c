using System.Text.Json;
using Warren.Cli.Formatting;
using Xunit;

namespace Warren.Cli.Tests.Formatting;

public sealed class RowWriterTests
{
    private const string Rows = """
        [["a\tb", {"$atom": "running"}, {"$table": [["x", "longstr", "y"], ["n", "signedint", 1]]}],
         ["say \"hi\"", {"$pid": ["rabbit@h.example", 17, 4, 2]}, {"$tuple": [0, 9, 1]}]]
        """;

    [Fact]
    public void TablesKeepEachRowOnItsLine() => Assert.Equal(
        "name\tstate\tmore\na\\011b\trunning\t[{\"x\",\"y\"},{\"n\",1}]\n"
        + "say \"hi\"\t<rabbit@h.example.17.4.2>\t{0,9,1}\n",
        Write(Format.Table));

    [Fact]
    public void JsonIsOneList()
    {
        string text = Write(Format.Json);
        Assert.Equal(
            "[\n{\"name\":\"a\\tb\",\"state\":\"running\","
            + "\"more\":[[\"x\",\"longstr\",\"y\"],[\"n\",\"signedint\",1]]}\n"
            + ",{\"name\":\"say \\\"hi\\\"\",\"state\":\"#PID<12605.4.2>\",\"more\":[0,9,1]}\n]\n",
            text);
        using JsonDocument document = JsonDocument.Parse(text);
        Assert.Equal("a\tb", document.RootElement[0].GetProperty("name").GetString());
    }

    [Fact]
    public void JsonStreamIsAnObjectALine()
    {
        string[] lines = Write(Format.JsonStream).TrimEnd('\n').Split('\n');
        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
        Assert.Equal(2, lines.Length);
    }

    [Fact]
    public void CsvDoublesQuotes() => Assert.Equal(
        "\"say \"\"hi\"\"\"", Write(Format.Csv).Split('\n')[2].Split(',')[0]);

    [Fact]
    public void ErlangQuotesBinariesAndAtoms() => Assert.Equal(
        "[[{name,<<\"a\tb\">>},{state,running},{more,[{<<\"x\">>,longstr,<<\"y\">>},{<<\"n\">>,signedint,1}]}],\n"
        + " [{name,<<\"say \\\"hi\\\"\">>},{state,<rabbit@h.example.17.4.2>},{more,{0,9,1}}]]\n",
        Write(Format.Erlang));

    [Theory]
    [InlineData(Format.Json, true, "[\n]\n")]
    [InlineData(Format.Json, false, "[]\n")]
    [InlineData(Format.Table, true, "")]
    [InlineData(Format.Table, false, "\n")]
    [InlineData(Format.Erlang, true, "[]\n")]
    [InlineData(Format.PrettyTable, true, "")]
    public void EmptyListsAreTold(object format, bool wasStreamed, string expected)
    {
        using var output = new StringWriter { NewLine = "\n" };
        RowWriter.For((Format)format, output, ["name"], hidesHeaders: false).End(wasStreamed);
        Assert.Equal(expected, output.ToString());
    }

    private static string Write(Format format)
    {
        using var output = new StringWriter { NewLine = "\n" };
        RowWriter rows = RowWriter.For(format, output, ["name", "state", "more"], hidesHeaders: false);
        using JsonDocument document = JsonDocument.Parse(Rows);
        foreach (JsonElement row in document.RootElement.EnumerateArray())
            rows.Write(row);
        rows.End(wasStreamed: true);
        return output.ToString();
    }
}
