using System.Text;
using Warren.Storage.Log;
using Xunit;

namespace Warren.Storage.Tests;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720, appendix B.4.</summary>
    [Fact]
    public void Known_checksums_come_out()
    {
        byte[] rising = [.. Enumerable.Range(0, 32).Select(one => (byte)one)];

        Assert.Equal(0x8A9136AAu, Crc32C.Of(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Of([.. Enumerable.Repeat((byte)0xFF, 32)]));
        Assert.Equal(0x46DD794Eu, Crc32C.Of(rising));
        Assert.Equal(0x113FDB5Cu, Crc32C.Of([.. rising.Reverse()]));
        Assert.Equal(0xE3069283u, Crc32C.Of(Encoding.ASCII.GetBytes("123456789")));
    }

    [Fact]
    public void Any_length_is_as_bit_by_bit()
    {
        byte[] bytes = new byte[1_700];
        new Random(1).NextBytes(bytes);

        for (int length = 0; length <= bytes.Length; length++)
            Assert.Equal(BitByBit(bytes.AsSpan(0, length)), Crc32C.Of(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Two_runs_are_as_one()
    {
        byte[] bytes = new byte[1_200];
        new Random(2).NextBytes(bytes);

        foreach (int cut in (int[])[0, 1, 7, 8, 503, 504, 505, 1_199, 1_200])
            Assert.Equal(Crc32C.Of(bytes), Crc32C.Of(bytes.AsSpan(0, cut), bytes.AsSpan(cut)));
    }

    [Fact]
    public void The_same_bytes_elsewhere_do_not_pass()
    {
        byte[] bytes = new byte[1_200];

        Assert.NotEqual(Crc32C.At(1, 1, bytes), Crc32C.At(1, 2, bytes));
        Assert.NotEqual(Crc32C.At(1, 1, bytes), Crc32C.At(2, 1, bytes));
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte one in bytes)
        {
            crc ^= one;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
        }
        return ~crc;
    }
}
