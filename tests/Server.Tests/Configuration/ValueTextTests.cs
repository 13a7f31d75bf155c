using System.Net;
using Warren.Broker;
using Warren.Server.Configuration;
using Xunit;
using ValueType = Warren.Server.Configuration.ValueType;

namespace Warren.Server.Tests.Configuration;

public sealed class ValueTextTests
{
    [Theory]
    [InlineData("1000", 1000L)]
    [InlineData("1k", 1000L)]
    [InlineData("1kB", 1000L)]
    [InlineData("500MB", 500_000_000L)]
    [InlineData("5GB", 5_000_000_000L)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("4Gi", 4L << 30)]
    [InlineData("2TiB", 2L << 40)]
    [InlineData("3PiB", 3L << 50)]
    [InlineData("3TB", 3_000_000_000_000L)]
    public void Sizes_count_decimal_units_in_thousands_and_binary_ones_in_1024s(string text, long sizeBytes)
    {
        Assert.True(ValueText.TrySize(text, out var found));
        Assert.Equal(sizeBytes, found);
    }

    [Theory]
    [InlineData("5 GB")]
    [InlineData("1.5GB")]
    [InlineData("-1")]
    [InlineData("GB")]
    [InlineData("5XB")]
    [InlineData("9999999999PB")]
    [InlineData("99999999999999999999")]
    public void Other_forms_are_no_sizes(string text) => Assert.False(ValueText.TrySize(text, out _));

    [Theory]
    [InlineData("131072", 131072L)]
    [InlineData("128KB", 131072L)]
    [InlineData("1mb", 1048576L)]
    [InlineData("1GB", 1073741824L)]
    public void Byte_sizes_count_every_unit_in_1024s(string text, long sizeBytes)
    {
        Assert.True(ValueText.TryByteSize(text, out var found));
        Assert.Equal(sizeBytes, found);
    }

    [Theory]
    [InlineData("500ms", 500L)]
    [InlineData("1m30s", 90_000L)]
    [InlineData("1.5h", 5_400_000L)]
    [InlineData("1f", 14 * 86_400_000L)]
    [InlineData("250", 250L)]
    public void Durations_add_their_parts_up(string text, long durationMs)
    {
        Assert.True(ValueText.TryDuration(text, out var found));
        Assert.Equal(durationMs, found);
    }

    [Theory]
    [InlineData("5672", null, 5672)]
    [InlineData("127.0.0.1:5672", "127.0.0.1", 5672)]
    [InlineData("0.0.0.0:5672", "0.0.0.0", 5672)]
    [InlineData("::1:5672", "::1", 5672)]
    [InlineData("[::1]:5672", "::1", 5672)]
    [InlineData(":::5672", "::", 5672)]
    [InlineData("[fe80::1]:0", "fe80::1", 0)]
    [InlineData("localhost:5672", "127.0.0.1", 5672)]
    public void Listeners_are_ports_or_addresses_with_ports(string text, string? address, int port)
    {
        Assert.True(ValueText.TryListener(text, out var foundAddress, out var foundPort));
        Assert.Equal((address is null ? null : IPAddress.Parse(address), port), (foundAddress, foundPort));
    }

    [Theory]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("rabbit:5672")]
    [InlineData("127.1:5672")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1")]
    public void Other_forms_are_no_listeners(string text) => Assert.False(ValueText.TryListener(text, out _, out _));

    [Theory]
    [InlineData("emergency", LogLevel.Critical)]
    [InlineData("<=notice", LogLevel.Notice)]
    [InlineData("none", LogLevel.None)]
    public void Levels_have_RabbitMQs_names(string text, LogLevel level)
    {
        Assert.True(ValueText.TryLevel(text, out var found));
        Assert.Equal(level, found);
    }

    [Theory]
    [InlineData("bool", "yes", "true or false")]
    [InlineData("int", "1.5", "a whole number")]
    [InlineData("int:1..", "0", "a whole number not below 1")]
    [InlineData("int:0..255", "256", "a whole number from 0 to 255")]
    [InlineData("int|infinity", "forever", "a whole number, or infinity")]
    [InlineData("float:0..1", "1.1", "a number from 0 to 1")]
    [InlineData("enum:a,b", "c", "one of a, b")]
    [InlineData("enum:none", "c", "none")]
    [InlineData("flag", "yes", "on or off")]
    [InlineData("level", "loud", "a log level: debug, info, notice, warning, error, critical or none")]
    public void A_type_says_what_it_expected(string type, string value, string expected) =>
        Assert.Equal(expected, ValueType.Parse(type).Refuses(value));

    [Theory]
    [InlineData("bool", "true")]
    [InlineData("int:0..255", "255")]
    [InlineData("int|infinity", "infinity")]
    [InlineData("float:0..1", "0.4")]
    [InlineData("enum:a,b", "b")]
    [InlineData("network", "10.0.0.0/8")]
    [InlineData("network", "10.0.0.1")]
    [InlineData("network", "fd00::/8")]
    [InlineData("string", "anything")]
    public void A_type_takes_what_fits(string type, string value) => Assert.Null(ValueType.Parse(type).Refuses(value));
}
