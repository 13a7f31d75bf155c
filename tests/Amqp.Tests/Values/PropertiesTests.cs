using CsCheck;
using Warren.Fuzz;
using Warren.Fuzz.Targets;
using Xunit;

namespace Warren.Amqp.Tests.Values;

public class PropertiesTests
{
    private static readonly Gen<string?> Text = Gen.String[0, 60].Where(IsUnicode).Null();

    private static readonly Gen<FieldTable?> Headers = Gen.Int.Select(seed => Samples.Table(new Random(seed))).Null();

    private static readonly Gen<BasicProperties> Properties =
        from texts in Text.Array[10]
        from headers in Headers
        from mode in Gen.Byte.Nullable()
        from priority in Gen.Byte.Nullable()
        from timestamp in Gen.ULong.Nullable()
        select new BasicProperties
        {
            ContentType = texts[0],
            ContentEncoding = texts[1],
            Headers = headers,
            DeliveryMode = mode,
            Priority = priority,
            CorrelationId = texts[2],
            ReplyTo = texts[3],
            Expiration = texts[4],
            MessageId = texts[5],
            Timestamp = timestamp,
            Type = texts[6],
            UserId = texts[7],
            AppId = texts[8],
            ClusterId = texts[9],
        };

    [Fact]
    public void The_view_says_what_the_decoded_form_says() => Properties.Sample(properties =>
    {
        var bytes = properties.ToArray();
        PropertiesTarget.Compare(PropertiesView.Parse(bytes), properties);
        var decoded = BasicProperties.Decode(bytes);
        AssertSame(properties, decoded);
        Assert.Equal(bytes, decoded.ToArray());
    }, iter: 1000);

    [Fact]
    public void Properties_cut_anywhere_or_with_a_byte_too_many_are_a_format_error() => Properties.Sample(properties =>
    {
        var bytes = properties.ToArray();
        for (var cut = 0; cut < bytes.Length; cut++)
            AssertRefused(bytes[..cut]);
        AssertRefused([.. bytes, 0]);
    }, iter: 20);

    [Fact]
    public void No_property_at_all_is_two_octets()
    {
        Assert.Equal(new byte[] { 0, 0 }, new BasicProperties().ToArray());
        var view = PropertiesView.Parse([0, 0]);
        Assert.True(view.IsEmpty);
        Assert.False(view.HasHeaders);
        Assert.True(view.HeadersTable.IsEmpty);
        Assert.True(view.ReplyTo.IsEmpty);
        Assert.False(view.TryFindHeader("CC"u8, out _));
    }

    [Fact]
    public void Each_property_has_its_flag()
    {
        Assert.Equal("8000-01-61", Hex(new() { ContentType = "a" }));
        Assert.Equal("4000-01-61", Hex(new() { ContentEncoding = "a" }));
        Assert.Equal("2000-00-000000", Hex(new() { Headers = new FieldTable() }));
        Assert.Equal("1000-02", Hex(new() { DeliveryMode = 2 }));
        Assert.Equal("0800-07", Hex(new() { Priority = 7 }));
        Assert.Equal("0400-01-61", Hex(new() { CorrelationId = "a" }));
        Assert.Equal("0200-01-61", Hex(new() { ReplyTo = "a" }));
        Assert.Equal("0100-01-61", Hex(new() { Expiration = "a" }));
        Assert.Equal("0080-01-61", Hex(new() { MessageId = "a" }));
        Assert.Equal("0040-00-00000000000005", Hex(new() { Timestamp = 5 }));
        Assert.Equal("0020-01-61", Hex(new() { Type = "a" }));
        Assert.Equal("0010-01-61", Hex(new() { UserId = "a" }));
        Assert.Equal("0008-01-61", Hex(new() { AppId = "a" }));
        Assert.Equal("0004-01-61", Hex(new() { ClusterId = "a" }));
    }

    [Fact]
    public void The_two_lowest_flags_mean_nothing()
    {
        Assert.False(PropertiesView.Parse([0, 3]).HasHeaders);
        AssertSame(new BasicProperties(), BasicProperties.Decode([0, 3]));
        // A second word of flags, as the specification would have it, is a list too long, as RabbitMQ has it.
        AssertRefused([0, 1, 0, 0]);
    }

    [Fact]
    public void A_header_is_found_by_its_exact_name_and_the_last_one_counts()
    {
        var headers = new FieldTable
        {
            { "CC", FieldValue.Of(1) },
            { "x", FieldValue.Void },
            { "CC", FieldValue.Of("q") },
        };
        var view = PropertiesView.Parse(new BasicProperties { ContentType = "t", Headers = headers }.ToArray());

        Assert.True(view.TryFindHeader("CC"u8, out var value));
        Assert.Equal(FieldValue.Of("q"), value);
        Assert.True(view.TryFindHeader("x"u8, out value));
        Assert.Equal(FieldValue.Void, value);
        Assert.False(view.TryFindHeader("cc"u8, out _));
    }

    [Fact]
    public void Strings_that_are_not_utf8_come_out_as_they_came_in()
    {
        byte[] bytes = [0x80, 0, 2, 0xFF, (byte)'a'];
        Assert.Equal(bytes, BasicProperties.Decode(bytes).ToArray());
    }

    [Fact]
    public void Bad_headers_are_a_format_error_of_view_and_decoding() =>
        AssertRefused([0x20, 0, 0, 0, 0, 3, 1, (byte)'k', (byte)'z']);

    private static string Hex(BasicProperties properties)
    {
        var hex = Convert.ToHexString(properties.ToArray());
        return hex.Length > 6 ? $"{hex[..4]}-{hex[4..6]}-{hex[6..]}" : $"{hex[..4]}-{hex[4..]}";
    }

    private static bool IsUnicode(string text) =>
        !text.EnumerateRunes().Contains(System.Text.Rune.ReplacementChar)
        && System.Text.Encoding.UTF8.GetByteCount(text) <= byte.MaxValue;

    private static void AssertRefused(byte[] bytes)
    {
        Assert.Throws<WireFormatException>(() => { PropertiesView.Parse(bytes); });
        Assert.Throws<WireFormatException>(() => BasicProperties.Decode(bytes));
    }

    private static void AssertSame(BasicProperties expected, BasicProperties actual) =>
        Assert.Equal(Values(expected), Values(actual));

    private static object?[] Values(BasicProperties properties) =>
    [
        properties.ContentType, properties.ContentEncoding, properties.Headers, properties.DeliveryMode,
        properties.Priority, properties.CorrelationId, properties.ReplyTo, properties.Expiration, properties.MessageId,
        properties.Timestamp, properties.Type, properties.UserId, properties.AppId, properties.ClusterId,
    ];
}
