using Warren.Cli.CommandLine;
using Xunit;

namespace Warren.Cli.Tests.CommandLine;

public sealed class LineParserTests
{
    private static readonly Switch[] Known =
        [.. Switch.Common, new("if-empty", SwitchKind.Flag, 'e'), new("priority", SwitchKind.Number)];

    [Theory]
    [InlineData("-p v1 list_queues name", "list_queues name", "v1")]
    [InlineData("list_queues -p v1 name", "list_queues name", "v1")]
    [InlineData("list_queues --vhost=v1 name", "list_queues name", "v1")]
    [InlineData("list_queues name -p=v1", "list_queues name", "v1")]
    [InlineData("list_queues --vhost v1 -- -p v2", "list_queues -p v2", "v1")]
    public void SwitchesMayStandAnywhere(string line, string words, string vhost)
    {
        ParsedLine parsed = LineParser.Parse(line.Split(' '), Known);
        Assert.Equal(words, string.Join(' ', parsed.Words));
        Assert.Equal(vhost, parsed.Text("vhost"));
        Assert.Empty(parsed.Invalid);
    }

    [Theory]
    [InlineData("--bogus", "--bogus", null)]
    [InlineData("-z", "-z", null)]
    [InlineData("-t abc", "-t", "abc")]
    [InlineData("--timeout", "--timeout", null)]
    [InlineData("--quiet=perhaps", "--quiet", "perhaps")]
    public void WhatIsNotKnownIsGathered(string line, string written, string? value)
    {
        ParsedLine parsed = LineParser.Parse(line.Split(' '), Known);
        Assert.Equal([(written, value)], parsed.Invalid);
    }

    [Fact]
    public void FlagsTakeNoWordAndCanBeTakenBack()
    {
        ParsedLine parsed = LineParser.Parse(["delete_queue", "-e", "q", "--no-quiet"], Known);
        Assert.Equal(["delete_queue", "q"], parsed.Words);
        Assert.True(parsed.Has("if-empty"));
        Assert.False(parsed.Has("quiet"));
    }

    [Fact]
    public void NegativeNumbersAndALoneDashAreWords()
    {
        ParsedLine parsed = LineParser.Parse(["export_definitions", "-", "-1", "--priority", "-3"], Known);
        Assert.Equal(["export_definitions", "-", "-1"], parsed.Words);
        Assert.Equal(-3, parsed.Number("priority"));
    }
}
