using Warren.Cli.CommandLine;
using Xunit;

namespace Warren.Cli.Tests.CommandLine;

public sealed class ByteAmountTests
{
    [Theory]
    [InlineData("50000000", 50_000_000)]
    [InlineData("50MB", 50_000_000)]
    [InlineData("1GiB", 1_073_741_824)]
    [InlineData("2k", 2048)]
    public void UnitsAreRabbitMqs(string text, long bytes)
    {
        Assert.True(ByteAmount.TryParse(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("5XB")]
    [InlineData("9223372036854775807GB")]
    public void WhatIsNoAmountIsRefused(string text) => Assert.False(ByteAmount.TryParse(text, out _));
}
