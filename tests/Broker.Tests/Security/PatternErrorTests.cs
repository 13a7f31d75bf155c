using Warren.Broker.Security;
using Xunit;

namespace Warren.Broker.Tests.Security;

/// <summary>The words and places are those of Erlang's re:compile/1, asked for each of these patterns.</summary>
public sealed class PatternErrorTests
{
    [Theory]
    [InlineData("(", "missing )", 1)]
    [InlineData("a)", "unmatched parentheses", 1)]
    [InlineData("*", "nothing to repeat", 0)]
    [InlineData("a**", "nothing to repeat", 2)]
    [InlineData("[a", "missing terminating ] for character class", 2)]
    [InlineData("a\\", "\\ at end of pattern", 2)]
    [InlineData("[z-a]", "range out of order in character class", 3)]
    [InlineData("a{3,1}", "numbers out of order in {} quantifier", 5)]
    [InlineData("\\1", "reference to non-existent subpattern", 2)]
    public void What_is_wrong_is_told_as_in_RabbitMQ(string pattern, string reason, int offset) =>
        Assert.Equal(new PatternError(reason, offset), PatternError.Of(pattern));

    [Theory]
    [InlineData("")]
    [InlineData(".*")]
    [InlineData("^(?!amq\\.).*")]
    [InlineData("[[:alpha:]]+")]
    public void What_is_right_has_no_error(string pattern) => Assert.Null(PatternError.Of(pattern));

    [Fact]
    public void It_prints_as_in_Erlang()
    {
        Assert.Equal("{\"missing )\",1}", PatternError.Of("(")!.ToErlang());
        Assert.Equal("{\"\\\\ at end of pattern\",2}", PatternError.Of("a\\")!.ToErlang());
    }
}
