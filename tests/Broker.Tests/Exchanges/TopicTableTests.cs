using System.Text.RegularExpressions;
using Warren.Broker.Tests.Topology;
using Warren.Broker.Topology;
using Xunit;

namespace Warren.Broker.Tests.Exchanges;

/// <summary>Which keys match which patterns, as recorded from RabbitMQ.</summary>
public sealed partial class TopicTableTests
{
    private const string Table = """
        '#'        matches ['', 'a', 'a.b', 'a.b.c', '.', 'a.', '.a', 'a..b', 'b', 'A']  not []
        '*'        matches ['a', 'b', 'A']  not ['', 'a.b', 'a.b.c', '.', 'a.', '.a', 'a..b']
        'a.*'      matches ['a.b', 'a.']  not ['', 'a', 'a.b.c', '.', '.a', 'a..b', 'b', 'A']
        'a.#'      matches ['a', 'a.b', 'a.b.c', 'a.', 'a..b']  not ['', '.', '.a', 'b', 'A']
        '*.b'      matches ['a.b']  not ['', 'a', 'a.b.c', '.', 'a.', '.a', 'a..b', 'b', 'A']
        '#.b'      matches ['a.b', 'a..b', 'b']  not ['', 'a', 'a.b.c', '.', 'a.', '.a', 'A']
        '#.#'      matches ['', 'a', 'a.b', 'a.b.c', '.', 'a.', '.a', 'a..b', 'b', 'A']  not []
        '*.*'      matches ['a.b', '.', 'a.', '.a']  not ['', 'a', 'a.b.c', 'a..b', 'b', 'A']
        '*.#'      matches ['a', 'a.b', 'a.b.c', '.', 'a.', '.a', 'a..b', 'b', 'A']  not ['']
        ''         matches ['']  not ['a', 'a.b', 'a.b.c', '.', 'a.', '.a', 'a..b', 'b', 'A']
        'a..b'     matches ['a..b']  not ['', 'a', 'a.b', 'a.b.c', '.', 'a.', '.a', 'b', 'A']
        'a.*.b'    matches ['a..b']  not ['', 'a', 'a.b', 'a.b.c', '.', 'a.', '.a', 'b', 'A']
        '#.c'      matches ['a.b.c']  not ['', 'a', 'a.b', '.', 'a.', '.a', 'a..b', 'b', 'A']
        '*.#.c'    matches ['a.b.c']  not ['', 'a', 'a.b', '.', 'a.', '.a', 'a..b', 'b', 'A']
        """;

    public static TheoryData<string> Rows() => [.. Table.Split('\n')];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_pattern_matches_the_keys_it_matches_in_RabbitMQ(string row)
    {
        Match match = Row().Match(row);
        string pattern = match.Groups["pattern"].Value;
        Vhost vhost = Vhost.Create("/").WithQueues("q").Bind("amq.topic", "q", pattern);
        foreach (string key in Keys(match.Groups["yes"].Value))
            Assert.True(vhost.Route("amq.topic", key) == "q", $"'{pattern}' must match '{key}'");
        foreach (string key in Keys(match.Groups["no"].Value))
            Assert.True(vhost.Route("amq.topic", key).Length == 0, $"'{pattern}' must not match '{key}'");
    }

    [Fact]
    public void The_table_is_read_whole()
    {
        Match match = Row().Match(Table.Split('\n')[1]);
        Assert.Equal("*", match.Groups["pattern"].Value);
        Assert.Equal(["a", "b", "A"], Keys(match.Groups["yes"].Value));
        Assert.Equal(["", "a.b", "a.b.c", ".", "a.", ".a", "a..b"], Keys(match.Groups["no"].Value));
    }

    private static IEnumerable<string> Keys(string list) =>
        Quoted().Matches(list).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^'(?<pattern>.*?)'\s+matches \[(?<yes>.*?)\]\s+not \[(?<no>.*?)\]$")]
    private static partial Regex Row();

    [GeneratedRegex("'(.*?)'")]
    private static partial Regex Quoted();
}
