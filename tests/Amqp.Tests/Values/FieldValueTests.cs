using Xunit;

namespace Warren.Amqp.Tests.Values;

public class FieldValueTests
{
    // Type octet, value, and the name RabbitMQ gives the type.
    public static TheoryData<string, FieldValue, string> EveryKind => new()
    {
        { "74-01", FieldValue.Of(true), "bool" },
        { "74-00", FieldValue.Of(false), "bool" },
        { "62-FE", FieldValue.Of((sbyte)-2), "byte" },
        { "42-FE", FieldValue.Of((byte)254), "unsignedbyte" },
        { "73-FF-FE", FieldValue.Of((short)-2), "short" },
        { "75-FF-FE", FieldValue.Of((ushort)65534), "unsignedshort" },
        { "49-FF-FF-FF-FE", FieldValue.Of(-2), "signedint" },
        { "69-FF-FF-FF-FE", FieldValue.Of(4294967294), "unsignedint" },
        { "6C-FF-FF-FF-FF-FF-FF-FF-FE", FieldValue.Of(-2L), "long" },
        { "66-3F-C0-00-00", FieldValue.Of(1.5f), "float" },
        { "64-3F-F8-00-00-00-00-00-00", FieldValue.Of(1.5), "double" },
        { "64-7F-F8-00-00-00-00-00-00", FieldValue.Of(BitConverter.UInt64BitsToDouble(0x7FF8000000000000)), "double" },
        { "44-02-FF-FF-FF-FF", FieldValue.OfDecimal(2, uint.MaxValue), "decimal" },
        { "53-00-00-00-02-C3-A9", FieldValue.Of("é"), "longstr" },
        { "53-00-00-00-01-FF", FieldValue.OfLongString([0xFF]), "longstr" },
        { "54-FF-FF-FF-FF-FF-FF-FF-FF", FieldValue.OfTimestamp(ulong.MaxValue), "timestamp" },
        { "56", FieldValue.Void, "void" },
        { "78-00-00-00-02-00-FF", FieldValue.OfBytes([0, 0xFF]), "binary" },
        { "46-00-00-00-03-01-61-56", FieldValue.Of(new FieldTable { { "a", FieldValue.Void } }), "table" },
        { "46-00-00-00-00", FieldValue.Of(FieldTable.Empty), "table" },
        { "41-00-00-00-03-74-01-56", FieldValue.Of(new FieldArray(FieldValue.Of(true), FieldValue.Void)), "array" },
        { "41-00-00-00-00", FieldValue.Of(FieldArray.Empty), "array" },
    };

    [Theory, MemberData(nameof(EveryKind))]
    public void Every_kind_has_its_bytes_both_ways_and_its_name(string hex, FieldValue value, string name)
    {
        var valueBytes = Convert.FromHexString(hex.Replace("-", "", StringComparison.Ordinal));
        byte[] table = [0, 0, 0, (byte)(valueBytes.Length + 2), 1, (byte)'k', .. valueBytes];

        Assert.Equal(value, FieldTable.Decode(table)["k"]);
        Assert.Equal(table, Tables.Encode(new FieldTable { ["k"] = value }));
        Assert.Equal(name, value.RabbitMqTypeName);
        Assert.Equal(valueBytes[0], (byte)value.Kind);
    }

    [Theory, MemberData(nameof(EveryKind))]
    public void Every_kind_cut_at_any_byte_is_a_format_error(string hex, FieldValue value, string name)
    {
        Assert.Equal(name, value.RabbitMqTypeName);
        var valueBytes = Convert.FromHexString(hex.Replace("-", "", StringComparison.Ordinal));
        for (var cut = 0; cut < valueBytes.Length; cut++)
        {
            byte[] table = [0, 0, 0, (byte)(cut + 2), 1, (byte)'k', .. valueBytes[..cut]];
            Assert.Throws<WireFormatException>(() => FieldTable.Decode(table));
        }
    }

    [Fact]
    public void Only_the_integers_are_integers()
    {
        FieldValue[] integers =
        [
            FieldValue.Of((sbyte)7), FieldValue.Of((byte)7), FieldValue.Of((short)7), FieldValue.Of((ushort)7),
            FieldValue.Of(7), FieldValue.Of(7u), FieldValue.Of(7L),
        ];
        foreach (var value in integers)
        {
            Assert.True(value.TryGetInteger(out var number));
            Assert.Equal(7, number);
        }

        FieldValue[] others =
        [
            FieldValue.Of(true), FieldValue.Of(7f), FieldValue.Of(7d), FieldValue.OfDecimal(0, 7), FieldValue.Of("7"),
            FieldValue.OfTimestamp(7), FieldValue.Void, FieldValue.OfBytes([7]),
        ];
        foreach (var value in others)
            Assert.False(value.TryGetInteger(out _));
    }

    [Fact]
    public void The_octet_L_is_read_as_a_long_and_written_as_l()
    {
        var table = FieldTable.Decode([0, 0, 0, 11, 1, (byte)'k', (byte)'L', 0, 0, 0, 0, 0, 0, 0, 5]);

        Assert.Equal(FieldValue.Of(5L), table["k"]);
        Assert.Equal((byte)'l', Tables.Encode(table)[6]);
    }

    [Fact]
    public void A_boolean_of_any_octet_but_zero_is_true() =>
        Assert.True(FieldTable.Decode([0, 0, 0, 4, 1, (byte)'k', (byte)'t', 0x80])["k"].AsBoolean());

    [Fact]
    public void Values_of_different_kinds_are_not_equal()
    {
        Assert.NotEqual(FieldValue.Of(1), FieldValue.Of(1L));
        Assert.NotEqual(FieldValue.Of("a"), FieldValue.OfBytes("a"u8));
        Assert.NotEqual(FieldValue.Of(1), FieldValue.Of(2));
        Assert.NotEqual(FieldValue.Of("a"), FieldValue.Of("b"));
        Assert.Equal(FieldValue.Of("a"), FieldValue.OfLongString("a"u8));
        Assert.Equal(FieldValue.Of("a").GetHashCode(), FieldValue.OfLongString("a"u8).GetHashCode());
    }

    [Fact]
    public void Asking_for_another_kind_is_our_own_mistake()
    {
        Assert.Throws<InvalidOperationException>(() => FieldValue.Of(1).AsText());
        Assert.Throws<InvalidOperationException>(() => FieldValue.Of("x").AsTable());
        Assert.Throws<InvalidOperationException>(() => FieldValue.Void.AsDouble());
    }

    [Fact]
    public void Values_give_back_what_they_hold()
    {
        Assert.Equal(1.5, FieldValue.Of(1.5f).AsDouble());
        Assert.Equal(-2.25, FieldValue.Of(-2.25).AsDouble());
        Assert.Equal(((byte)255, uint.MaxValue), FieldValue.OfDecimal(255, uint.MaxValue).AsDecimal());
        Assert.Equal(ulong.MaxValue, FieldValue.OfTimestamp(ulong.MaxValue).AsTimestamp());
        Assert.Equal("text", FieldValue.Of("text").AsText());
        Assert.Equal(FieldKind.Void, default(FieldValue).Kind);
    }
}
