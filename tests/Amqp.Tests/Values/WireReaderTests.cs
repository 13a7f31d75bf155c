using Xunit;

namespace Warren.Amqp.Tests.Values;

public class WireReaderTests
{
    [Fact]
    public void Numbers_are_big_endian_both_ways()
    {
        var bytes = new byte[15];
        var writer = new WireWriter(bytes);
        writer.WriteOctet(0x01);
        writer.WriteShort(0x0203);
        writer.WriteLong(0x04050607);
        writer.WriteLongLong(0x08090A0B0C0D0E0F);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, bytes);
        Assert.Equal(15, writer.Position);

        var reader = new WireReader(bytes);
        Assert.Equal(0x01, reader.ReadOctet());
        Assert.Equal(0x0203, reader.ReadShort());
        Assert.Equal(0x04050607u, reader.ReadLong());
        Assert.Equal(0x08090A0B0C0D0E0Fu, reader.ReadLongLong());
        Assert.Equal(15, reader.Position);
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void Nine_bits_take_two_octets_and_another_value_ends_the_run()
    {
        var bytes = new byte[4];
        var writer = new WireWriter(bytes);
        for (var i = 0; i < 9; i++)
            writer.WriteBit(i is 0 or 7 or 8);
        writer.WriteOctet(0xAA);
        writer.WriteBit(true);
        Assert.Equal(new byte[] { 0x81, 0x01, 0xAA, 0x01 }, bytes);

        var reader = new WireReader(bytes);
        for (var i = 0; i < 9; i++)
            Assert.Equal(i is 0 or 7 or 8, reader.ReadBit());
        Assert.Equal(0xAA, reader.ReadOctet());
        Assert.True(reader.ReadBit());
        Assert.Equal(0, reader.Remaining);
    }

    [Fact]
    public void Strings_and_tables_that_are_empty_end_a_run_of_bits_too()
    {
        var reader = new WireReader([0xFF, 0, 0x00]);
        Assert.True(reader.ReadBit());
        Assert.True(reader.ReadShortString().IsEmpty);
        Assert.False(reader.ReadBit());
    }

    [Fact]
    public void Every_value_that_ends_early_is_a_format_error()
    {
        AssertRefused([], (ref WireReader reader) => reader.ReadOctet());
        AssertRefused([], (ref WireReader reader) => reader.ReadBit());
        AssertRefused([1], (ref WireReader reader) => reader.ReadShort());
        AssertRefused([1, 2, 3], (ref WireReader reader) => reader.ReadLong());
        AssertRefused([1, 2, 3, 4, 5, 6, 7], (ref WireReader reader) => reader.ReadLongLong());
        AssertRefused([], (ref WireReader reader) => reader.ReadShortString());
        AssertRefused([2, 65], (ref WireReader reader) => reader.ReadShortString());
        AssertRefused([0, 0, 0], (ref WireReader reader) => reader.ReadLongString());
        AssertRefused([0, 0, 0, 2, 65], (ref WireReader reader) => reader.ReadLongString());
        AssertRefused([0xFF, 0xFF, 0xFF, 0xFF, 65], (ref WireReader reader) => reader.ReadLongString());
        AssertRefused([0, 0, 0, 1], (ref WireReader reader) => reader.ReadTable());
    }

    [Theory]
    [InlineData(new byte[] { 1, 0xFF })]
    [InlineData(new byte[] { 2, 0xC3, 0x28 })]
    [InlineData(new byte[] { 3, 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 2, 0xC0, 0x80 })]
    [InlineData(new byte[] { 2, 0xE4, 0xBD })]
    public void Text_that_is_not_utf8_is_a_format_error(byte[] input)
    {
        AssertRefused(input, (ref WireReader reader) => reader.ReadShortStringText());
        AssertRefused(input, (ref WireReader reader) => reader.ReadShortStringUtf8());
    }

    [Fact]
    public void Text_is_utf8()
    {
        var bytes = new byte[100];
        var writer = new WireWriter(bytes);
        writer.WriteShortString("한글 é");
        writer.WriteShortString("漢字"u8);
        writer.WriteLongString("long"u8);
        writer.WriteLongString("ß");

        var reader = new WireReader(writer.Written);
        Assert.Equal("한글 é", reader.ReadShortStringText());
        Assert.Equal("漢字", reader.ReadShortStringText());
        Assert.Equal("long"u8, reader.ReadLongString());
        Assert.Equal("ß"u8, reader.ReadLongString());
        reader.ExpectEnd();
    }

    [Fact]
    public void A_short_string_of_256_bytes_cannot_be_written()
    {
        new WireWriter(new byte[300]).WriteShortString(new string('x', 255));
        Assert.Throws<ArgumentException>(() => new WireWriter(new byte[300]).WriteShortString(new string('x', 256)));
        Assert.Throws<ArgumentException>(() => new WireWriter(new byte[300]).WriteShortString(new byte[256]));
    }

    [Fact]
    public void What_is_left_is_a_format_error() =>
        Assert.Throws<WireFormatException>(() => new WireReader([1]).ExpectEnd());

    private delegate void Read(ref WireReader reader);

    private static void AssertRefused(byte[] input, Read read) => Assert.Throws<WireFormatException>(() =>
    {
        var reader = new WireReader(input);
        read(ref reader);
    });
}
