using System.Net;
using System.Text;
using Warren.Server.Listeners;
using Xunit;

namespace Warren.Server.Tests.Node;

/// <summary>What is a PROXY header, byte by byte.</summary>
public sealed class ProxyHeaderTests
{
    private const string Signature = "0D0A0D0A000D0A515549540A";
    private const string Addresses4 = "CB007107C6336401C3501628"; // 203.0.113.7:50000 to 198.51.100.1:5672

    // [2001:db8::7]:50000 to [2001:db8::1]:5672
    private const string Addresses6 =
        "20010DB8000000000000000000000007" + "20010DB8000000000000000000000001" + "C3501628";

    [Theory]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 50000 5672\r\n", "203.0.113.7:50000", "198.51.100.1:5672")]
    [InlineData("PROXY TCP6 2001:db8::7 2001:db8::1 50000 5672\r\n", "[2001:db8::7]:50000", "[2001:db8::1]:5672")]
    [InlineData("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", "[::ffff:203.0.113.7]:1", "[::1]:2")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null, null)]
    public void Version_1_names_both_ends(string text, string? source, string? destination) =>
        AssertReads(Encoding.ASCII.GetBytes(text), source, destination);

    [Theory]
    [InlineData("2111000C" + Addresses4, "203.0.113.7:50000", "198.51.100.1:5672")]
    [InlineData("21210024" + Addresses6, "[2001:db8::7]:50000", "[2001:db8::1]:5672")]
    [InlineData("21110013" + Addresses4 + "04000400000000", "203.0.113.7:50000", "198.51.100.1:5672")] // an extension
    [InlineData("20000000", null, null)] // LOCAL: the load balancer itself, for a health check
    [InlineData("2011000C" + Addresses4, null, null)] // LOCAL with addresses, which do not count
    [InlineData("21000000", null, null)] // family unspecified
    [InlineData("2112000C" + Addresses4, null, null)] // datagrams
    public void Version_2_names_both_ends(string rest, string? source, string? destination) =>
        AssertReads(Convert.FromHexString(Signature + rest), source, destination);

    [Fact]
    public void Version_2_may_hold_extensions_up_to_a_bound()
    {
        byte[] head = Convert.FromHexString(Signature + "2111");
        byte[] addresses = Convert.FromHexString(Addresses4);
        byte[] Header(int length) =>
            [.. head, (byte)(length >> 8), (byte)length, .. addresses, .. new byte[length - addresses.Length]];
        AssertReads(Header(ProxyHeader.MostBytesOfVersion2 - 16), "203.0.113.7:50000", "198.51.100.1:5672");
        AssertRefused(Header(ProxyHeader.MostBytesOfVersion2 - 15).AsSpan(0, 16));
    }

    [Theory]
    [InlineData("AMQP")]
    [InlineData("PROXY TCP5 203.0.113.7 198.51.100.1 50000 5672\r\n")]
    [InlineData("PROXY TCP4 2001:db8::7 2001:db8::1 50000 5672\r\n")]
    [InlineData("PROXY TCP6 203.0.113.7 198.51.100.1 50000 5672\r\n")]
    [InlineData("PROXY TCP4 1 2 50000 5672\r\n")]
    [InlineData("PROXY TCP4 0x7f.0.0.1 198.51.100.1 50000 5672\r\n")]
    [InlineData("PROXY TCP6 fe80::1%lo 2001:db8::1 50000 5672\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 65536 5672\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 -1 5672\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 +1 5672\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 50000\r\n")]
    [InlineData("PROXY TCP4 203.0.113.7 198.51.100.1 50000 5672 1\r\n")]
    [InlineData("PROXY TCP4  203.0.113.7 198.51.100.1 50000 5672\r\n")]
    [InlineData("PROXY \r\n")]
    public void What_version_1_does_not_allow_is_malformed(string text) => AssertRefused(Encoding.ASCII.GetBytes(text));

    [Theory]
    [InlineData("0D0A0D0A000D0A515549540B2111000C" + Addresses4)] // signature
    [InlineData(Signature + "1111000C" + Addresses4)] // version
    [InlineData(Signature + "2211000C" + Addresses4)] // command
    [InlineData(Signature + "2111000B" + "CB007107C6336401C35016")] // too short for its family
    [InlineData(Signature + "2111FFFF")] // too long, known before it comes
    public void What_version_2_does_not_allow_is_malformed(string hex) => AssertRefused(Convert.FromHexString(hex));

    [Fact]
    public void A_line_without_an_end_is_malformed_when_it_is_too_long()
    {
        byte[] line = Encoding.ASCII.GetBytes("PROXY TCP4 " + new string('1', 200));
        Assert.Null(ProxyHeader.Parse(line.AsSpan(0, ProxyHeader.MostBytesOfVersion1 - 1), out bool isMalformed));
        Assert.False(isMalformed);
        AssertRefused(line.AsSpan(0, ProxyHeader.MostBytesOfVersion1));
    }

    /// <summary>Whatever the pieces, it is read once it is whole, and no byte beyond it is ever asked for.</summary>
    private static void AssertReads(byte[] bytes, string? source, string? destination)
    {
        for (int count = 0; count < bytes.Length; count++)
        {
            Assert.Null(ProxyHeader.Parse(bytes.AsSpan(0, count), out bool isMalformed));
            Assert.False(isMalformed);
            Assert.InRange(ProxyHeader.MissingBytes(bytes.AsSpan(0, count)), 1, bytes.Length - count);
        }
        byte[] more = [.. bytes, .. "AMQP"u8];
        var expected = new ProxyHeader(bytes.Length, EndPoint(source), EndPoint(destination));
        Assert.Equal(expected, ProxyHeader.Parse(more, out _));
        Assert.Equal(expected, ProxyHeader.Parse(bytes, out _));
    }

    private static IPEndPoint? EndPoint(string? text) => text is null ? null : IPEndPoint.Parse(text);

    private static void AssertRefused(ReadOnlySpan<byte> bytes)
    {
        Assert.Null(ProxyHeader.Parse(bytes, out bool isMalformed));
        Assert.True(isMalformed);
    }
}
