using Warren.Conformance.Player;
using Warren.Conformance.Wire;
using Xunit;

namespace Warren.Conformance;

/// <summary>The player itself: a mistake in it would hide a mistake of a broker.</summary>
public sealed class PlayerTests
{
    [Theory]
    [InlineData(
        "{a: int -1, b: \"x\", c: true, d: null, e: [byte 255, long 5], f: {g: short -3}, h: bytes \"\\x00\\xff\"}")]
    [InlineData(
        "{a: sbyte -1, b: ushort 65535, c: uint 4294967295, d: timestamp 5, e: float 1.5, "
        + "f: double 2.5, g: decimal 2 123}")]
    [InlineData("{\"a b\": \"quote \\\" and \\\\\", a: int 1, a: int 2}")]
    [InlineData("{}")]
    public void Tables_are_told_as_they_are_written_after_a_way_over_the_wire(string text)
    {
        FieldTable written = new Literal(text).Table();
        WireWriter writer = new();
        writer.Table(written);
        object read = new WireReader(writer.ToArray()).Field("table");
        Assert.Equal(text, Wording.Field(read));
    }

    [Fact]
    public void Every_method_is_read_as_it_was_written()
    {
        string[] names = ["queue.declare", "basic.consume", "exchange.bind", "connection.tune-ok", "basic.nack"];
        foreach (string name in names)
        {
            MethodDefinition definition = MethodTable.Find(name)!;
            object[] values = [.. definition.Fields.Select((field, i) => field.Type switch
            {
                "bit" => (object)(i % 2 == 0),
                "shortstr" or "longstr" => "text"u8.ToArray(),
                "table" => new Literal("{k: int 7}").Table(),
                _ => (long)i + 1,
            })];
            Method read = Method.Decode(new Method(definition, values).Encode());
            Assert.Equal(values.Select(Wording.Field), read.Values.Select(Wording.Field));
        }
    }

    [Fact]
    public void Properties_are_read_as_they_were_written()
    {
        ContentHeader header = new(
            5, [("content_type", "a/b"u8.ToArray()), ("priority", 7L), ("cluster_id", "c"u8.ToArray())]);
        ContentHeader read = ContentHeader.Decode(header.Encode());
        Assert.Equal(5, read.BodySizeBytes);
        Assert.Equal(
            header.Properties.Select(property => (property.Name, Wording.Field(property.Value))),
            read.Properties.Select(property => (property.Name, Wording.Field(property.Value))));
    }

    [Theory]
    [InlineData("    a.1 queue.declare-ok queue=\"q\"", "    a.1 queue.declare-ok queue=\"p\"", true)]
    [InlineData("    a.1 channel.close reply_text=\"<any> no\"", "    a.1 channel.close reply_text=\"says no\"", false)]
    [InlineData("    a.1 channel.close reply_text=\"<any> no\"", "    a.1 channel.close reply_text=\"says yes\"", true)]
    [InlineData("    a closed", "    a closed", false)]
    public void A_difference_is_found(string expected, string got, bool differs)
    {
        string? difference = Comparison.Difference(
            new CaseTranscript("id", "title", null, ["  a.1 step", expected]),
            new CaseTranscript("id", "title", null, ["  a.1 step", got]));
        Assert.Equal(differs, difference is not null);
    }

    [Fact]
    public void A_missing_line_is_a_difference() => Assert.NotNull(Comparison.Difference(
        new CaseTranscript("id", "title", null, ["  a.1 step", "    a closed"]),
        new CaseTranscript("id", "title", null, ["  a.1 step"])));

    [Fact]
    public void Invented_names_are_numbered_and_the_virtual_host_is_the_default_one()
    {
        Normaliser normaliser = new("scenario:x:");
        Assert.Equal(
            "q amq.gen-<1> amq.gen-<2> amq.gen-<1>", normaliser.Apply("q amq.gen-Ab_-1 amq.gen-Zz amq.gen-Ab_-1"));
        Assert.Equal("amq.ctag-<1> in vhost '/'", normaliser.Apply("amq.ctag-x in vhost 'scenario:x:'"));
    }

    [Fact]
    public void Blocks_are_written_out()
    {
        Scenario scenario = ScenarioParser.Read(
            "s", ["case c: t", "each k in a \"b c\"", "repeat 2", "x.1 m key=$k n=$n", "end", "end"]);
        Assert.Equal(
            ["x.1 m key=a n=1", "x.1 m key=a n=2", "x.1 m key=\"b c\" n=1", "x.1 m key=\"b c\" n=2"],
            scenario.Cases.Single().Steps);
    }
}
