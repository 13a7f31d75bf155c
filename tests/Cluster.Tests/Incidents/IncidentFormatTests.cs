using System.Collections.Immutable;
using System.Text;
using Warren.Cluster.Incidents;
using Xunit;

namespace Warren.Cluster.Tests.Incidents;

public sealed class IncidentFormatTests
{
    private static readonly DateTimeOffset Time = new(2026, 11, 28, 18, 44, 22, 10, TimeSpan.FromHours(2));

    [Fact]
    public void What_is_written_is_read_and_shown_alike()
    {
        var one = new KeptIncident(Time, new Incident(IncidentKind.ForceBoot, "a@h", "it \"began\"\n anew", "wait"));
        var more = new KeptIncident(Time, new Incident(IncidentKind.LeaderLost, "q", "refused") { Count = 12 })
        {
            Since = Time - TimeSpan.FromSeconds(2),
        };
        ImmutableArray<IncidentRow> rows =
            IncidentFormat.Read([.. IncidentFormat.Write(one), .. IncidentFormat.Write(more)]);
        Assert.Equal([IncidentFormat.RowOf(one), IncidentFormat.RowOf(more)], rows);
        Assert.Equal(
            new IncidentRow("2026-11-28T16:44:22.010Z", "force_boot", 1, "it \"began\"  anew", "wait"), rows[0]);
        Assert.Equal(
            new IncidentRow(
                "2026-11-28T16:44:22.010Z", "leader_lost", 12, "refused (since 2026-11-28T16:44:20.010Z)", ""),
            rows[1]);
    }

    /// <summary>Queues have the names that clients chose.</summary>
    [Fact]
    public void Nothing_in_a_text_moves_a_cursor()
    {
        const string Hostile = "q\u001b[2J\u009b2J\u0007\u007f\r\n\t\u0085x";
        var one = new KeptIncident(Time, new Incident(IncidentKind.LostMessages, Hostile, Hostile, Hostile));
        IncidentRow read = Assert.Single(IncidentFormat.Read(IncidentFormat.Write(one)));
        Assert.Equal(IncidentFormat.RowOf(one), read);
        Assert.Equal(("q [2J 2J     x", "q [2J 2J     x"), (read.What, read.Advice));
        // Of a file that an earlier version has written, or somebody else.
        const string Line = """
            {"time":"2026","kind":"k\u009b","count":1,"since":"2026","what":"a\u001b\u009b","advice":"\u009b"}

            """;
        Assert.Equal(
            new IncidentRow("2026", "k ", 1, "a  ", " "),
            Assert.Single(IncidentFormat.Read(Encoding.UTF8.GetBytes(Line))));
    }

    [Fact]
    public void A_long_text_is_shown_alike_before_and_after_it_is_written()
    {
        var one = new KeptIncident(Time, new Incident(IncidentKind.LeaderLost, "q", new string('x', 3000)))
        {
            Since = Time - TimeSpan.FromSeconds(2),
        };
        Assert.Equal([IncidentFormat.RowOf(one)], IncidentFormat.Read(IncidentFormat.Write(one)));
    }

    [Theory]
    [InlineData("{\"time\":\"2026-11-28T16:44:22.010Z\",\"kind\":\"x\"")]
    [InlineData("{\"time\":\"2026-11-28T16:44:22.010Z\",\"kind\":\"x\"}\n")]
    [InlineData("{\"time\":1,\"kind\":\"x\",\"count\":1,\"since\":\"\",\"what\":\"\",\"advice\":\"\"}\n")]
    [InlineData("\0\0\0\0\n")]
    [InlineData("[]\n")]
    [InlineData("\n")]
    public void What_cannot_be_read_is_passed_over(string line)
    {
        byte[] whole = IncidentFormat.Write(new KeptIncident(Time, new Incident(IncidentKind.DiskSpace, "", "full")));
        byte[] other = Encoding.UTF8.GetBytes(line);
        Assert.Equal("full", Assert.Single(IncidentFormat.Read([.. whole, .. other])).What);
        if (line.EndsWith('\n'))
            Assert.Equal("full", Assert.Single(IncidentFormat.Read([.. other, .. whole])).What);
    }

    [Fact]
    public void Very_long_texts_are_cut()
    {
        string text = string.Concat(Enumerable.Repeat("x\U0001F600", 100_000));
        byte[] line = IncidentFormat.Write(
            new KeptIncident(Time, new Incident(IncidentKind.DiskSpace, text, text, text)));
        Assert.InRange(line.Length, 1000, 50_000);
        Assert.EndsWith("...", Assert.Single(IncidentFormat.Read(line)).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_kind_has_a_name_of_one_word() => Assert.All(
        Enum.GetValues<IncidentKind>(),
        static kind => Assert.Matches("^[a-z]+(_[a-z]+)*$", IncidentFormat.NameOf(kind)));
}
