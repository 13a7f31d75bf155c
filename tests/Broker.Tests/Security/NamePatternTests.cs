using System.Diagnostics;
using System.Text.RegularExpressions;
using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

public class NamePatternTests
{
    [Theory]
    [InlineData(".*", "anything", true)]
    [InlineData(".*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("^$", "a", false)]
    [InlineData("wr", "my-wr-queue", true)]
    [InlineData("^wr-.*", "wr-1", true)]
    [InlineData("^wr-.*", "x-wr-1", false)]
    [InlineData("^wr$", "WR", false)]
    [InlineData("(?i)^wr$", "WR", true)]
    [InlineData("^(amq\\.gen.*|amq\\.default)$", "amq.default", true)]
    [InlineData("^(amq\\.gen.*|amq\\.default)$", "amqXdefault", false)]
    [InlineData("^[[:alpha:]]+$", "abc", true)]
    [InlineData("^[[:alpha:]]+$", "ab1", false)]
    [InlineData("^[^[:digit:]]+$", "a1", false)]
    [InlineData("^[a-z-[aeiou]]+$", "b", false)]
    [InlineData("^[]a]+$", "]a", true)]
    [InlineData(@"^\Qa.b\E$", "a.b", true)]
    [InlineData(@"^\Qa.b\E$", "axb", false)]
    [InlineData(@"^\d+$", "123", true)]
    [InlineData(@"^\d+$", "١٢٣", false)]
    [InlineData(@"^\w+$", "é", false)]
    [InlineData(@"^[\w.]+$", "a.b_1", true)]
    [InlineData(@"^\S+$", "a b", false)]
    [InlineData("^(?!secret).*$", "secret-1", false)]
    [InlineData("^(?!secret).*$", "public-1", true)]
    [InlineData(@"^(a+)-\1$", "aa-aa", true)]
    [InlineData(@"^(a+)-\1$", "aa-a", false)]
    public void Patterns_match_as_in_Erlang(string pattern, string name, bool expected) =>
        Assert.Equal(expected, NamePattern.Compile(pattern).Matches(name));

    [Theory]
    [InlineData("(", "'(' is not a regular expression: Not enough )'s at offset 1")]
    [InlineData("*", "'*' is not a regular expression: Quantifier '*' following nothing at offset 1")]
    [InlineData("[a", "'[a' is not a regular expression: Unterminated [] set at offset 2")]
    public void A_bad_pattern_is_explained(string pattern, string expected)
    {
        Assert.False(NamePattern.TryCompile(pattern, out _, out string? error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("^(a+)+$")]
    [InlineData(@"^((a+)+)\2$")]
    [InlineData("^(?!x)(a+)+$")]
    public void A_hostile_pattern_ends_soon_and_refuses(string pattern)
    {
        string name = new string('a', 254) + "!";
        NamePattern compiled = NamePattern.Compile(pattern);
        long start = Stopwatch.GetTimestamp();

        Assert.False(compiled.Matches(name));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_pattern_that_is_slow_again_and_again_is_given_up_and_others_are_not()
    {
        NamePattern hostile = NamePattern.Compile("^(a+)+(?<!x)$");
        string name = new string('a', 254) + "!";
        int asked = 0;
        while (!hostile.IsGivenUp)
        {
            Assert.True(asked++ < 100, "not given up");
            Assert.False(hostile.Matches(name));
        }
        Assert.False(hostile.Matches("aaa"));

        NamePattern honest = NamePattern.Compile("(?<!x)a$");
        Assert.True(honest.NeedsBacktracking);
        for (int round = 0; round < 1000; round++)
            Assert.True(honest.Matches("aaa"));
        Assert.False(honest.IsGivenUp);
    }

    /// <summary>The usual way to except names costs no more than any other pattern, and means the same.</summary>
    [Theory]
    [InlineData("^(?!amq\\.).*", true)]
    [InlineData("^(?!(amq|sys)\\.)(?=.*s$)[^)(]+$", true)]
    [InlineData("^(?=[])a-z]*\\.)(?![[:digit:]])", true)]
    [InlineData("^(?!a)(?!b)", true)]
    [InlineData("^(?!a\\)b)a", true)]
    [InlineData("^(?=a|b)b|^c", false)]
    [InlineData("^(?!a(?!m)).*", false)]
    [InlineData("^(?=(a+))\\1b", false)]
    [InlineData("(?!amq).", false)]
    [InlineData("^(?!a).*(?<!s)$", false)]
    public void Look_ahead_at_the_start_needs_no_backtracking(string text, bool isSplit)
    {
        NamePattern pattern = NamePattern.Compile(text);
        Assert.Equal(!isSplit, pattern.NeedsBacktracking);
        var whole = new Regex(PcreSyntax.Translate(text), RegexOptions.CultureInvariant);
        var random = new Random(1);
        int matched = 0;
        string[] pieces = ["a", "m", "amq.", "sys.", "s", "b", ".", ")", "1", "c"];
        for (int each = 0; each < 3000; each++)
        {
            string name = string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => pieces[random.Next(10)]));
            Assert.True(whole.IsMatch(name) == pattern.Matches(name), name);
            matched += pattern.Matches(name) ? 1 : 0;
        }
        Assert.InRange(matched, 1, 2999);
    }

    [Fact]
    public void Matching_costs_no_allocation()
    {
        NamePattern pattern = NamePattern.Compile("^wr-[a-z]+\\.[0-9]*$");
        pattern.Matches("wr-orders.17");
        const int Rounds = 10_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
            pattern.Matches("wr-orders.17");
        long allocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before;

        // The runtime may make something of its own once; a byte a round would be one allocation in eight rounds.
        Assert.InRange(allocatedBytes, 0, Rounds - 1);
    }
}
