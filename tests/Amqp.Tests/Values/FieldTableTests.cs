using Warren.Fuzz;
using Xunit;

namespace Warren.Amqp.Tests.Values;

public class FieldTableTests
{
    [Fact]
    public void Entries_keep_their_order_and_the_last_of_a_name_is_found()
    {
        var table = new FieldTable { { "b", FieldValue.Of(1) }, { "a", FieldValue.Of(2) }, { "b", FieldValue.Of(3) } };

        var decoded = FieldTable.Decode(Tables.Encode(table));

        Assert.Equal(["b", "a", "b"], decoded.Select(entry => entry.Key));
        Assert.Equal(FieldValue.Of(3), decoded["b"]);
        Assert.Equal(3, decoded.Count);
    }

    [Fact]
    public void Set_keeps_the_place_and_remove_takes_every_entry()
    {
        var table = new FieldTable { { "a", FieldValue.Of(1) }, { "b", FieldValue.Of(2) }, { "a", FieldValue.Of(3) } };

        table.Set("b", FieldValue.Of(9));
        Assert.Equal(FieldValue.Of(9), table.ElementAt(1).Value);
        Assert.True(table.Remove("a"));
        Assert.False(table.Remove("a"));
        Assert.Equal(["b"], table.Select(entry => entry.Key));
        Assert.False(table.TryGetValue("a", out _));
        Assert.Throws<KeyNotFoundException>(() => table["a"]);
    }

    [Fact]
    public void A_clone_changes_alone()
    {
        var table = new FieldTable { ["a"] = FieldValue.Of(1) };
        var clone = table.Clone();

        clone["a"] = FieldValue.Of(2);
        clone["b"] = FieldValue.Of(3);

        Assert.Equal(FieldValue.Of(1), table["a"]);
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void The_empty_table_cannot_be_changed_but_its_clone_can()
    {
        Assert.Throws<InvalidOperationException>(() => FieldTable.Empty.Add("a", FieldValue.Void));
        Assert.Throws<InvalidOperationException>(() => FieldTable.Empty.Set("a", FieldValue.Void));
        Assert.Throws<InvalidOperationException>(() => FieldTable.Empty.Remove("a"));
        var clone = FieldTable.Empty.Clone();
        clone.Add("a", FieldValue.Void);
        Assert.Equal(1, clone.Count);
        Assert.Equal(0, FieldTable.Empty.Count);
    }

    [Fact]
    public void Equality_is_by_content_in_any_order()
    {
        var table = new FieldTable { ["a"] = FieldValue.Of(1), ["b"] = FieldValue.Of("x") };
        var turned = new FieldTable { ["b"] = FieldValue.Of("x"), ["a"] = FieldValue.Of(1) };
        var other = new FieldTable { ["b"] = FieldValue.Of("x"), ["a"] = FieldValue.Of(2) };

        Assert.True(table.Equals(turned));
        Assert.Equal(table.GetHashCode(), turned.GetHashCode());
        Assert.False(table.Equals(other));
        Assert.False(table.Equals(new FieldTable { ["a"] = FieldValue.Of(1) }));
        Assert.True(FieldTable.Empty.Equals(new FieldTable()));
    }

    [Fact]
    public void Tables_and_arrays_nest_64_deep_and_not_deeper()
    {
        Assert.Equal(1, FieldTable.Decode(Nested(FieldTable.NestingLimit)).Count);
        Assert.Throws<WireFormatException>(() => FieldTable.Decode(Nested(FieldTable.NestingLimit + 1)));
    }

    [Fact]
    public void The_properties_view_has_the_same_limit_of_nesting()
    {
        PropertiesView.Parse([0x20, 0, .. Nested(FieldTable.NestingLimit)]);
        byte[] tooDeep = [0x20, 0, .. Nested(FieldTable.NestingLimit + 1)];
        Assert.Throws<WireFormatException>(() => { PropertiesView.Parse(tooDeep); });
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 3, 1, (byte)'k', (byte)'z' })]
    [InlineData(new byte[] { 0, 0, 0, 3, 1, (byte)'k', 0 })]
    [InlineData(new byte[] { 0, 0, 0, 2, 1, (byte)'k' })]
    [InlineData(new byte[] { 0, 0, 0, 1, 5 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0 })]
    [InlineData(new byte[] { 0x80, 0, 0, 0 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 7, 1, (byte)'k', (byte)'F', 0, 0, 0, 1 })]
    [InlineData(new byte[] { 0, 0, 0, 8, 1, (byte)'k', (byte)'A', 0, 0, 0, 1, (byte)'z' })]
    [InlineData(new byte[] { 0, 0, 0, 8, 1, (byte)'k', (byte)'A', 0, 0, 0, 2, (byte)'V', (byte)'V' })]
    public void Bytes_that_are_no_table_are_a_format_error(byte[] input) =>
        Assert.Throws<WireFormatException>(() => FieldTable.Decode(input));

    [Fact]
    public void Names_that_are_not_utf8_come_out_as_they_came_in()
    {
        byte[] table = [0, 0, 0, 7, 5, (byte)'g', 0xFC, 0xC3, 0xA9, 0xE4, (byte)'V'];

        var decoded = FieldTable.Decode(table);

        Assert.Equal("g\uDCFCé\uDCE4", decoded.Single().Key);
        Assert.Equal(table, Tables.Encode(decoded));
    }

    [Fact]
    public void Names_beyond_the_basic_plane_are_no_escapes()
    {
        // The low surrogate of this character is in the range of the escapes.
        var name = char.ConvertFromUtf32(0x10480);
        Assert.InRange(name[1], '\uDC80', '\uDCFF');

        var decoded = FieldTable.Decode(Tables.Encode(new FieldTable { [name] = FieldValue.Void }));

        Assert.Equal(name, decoded.Single().Key);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'V' }, true)]
    [InlineData(new byte[] { (byte)'F', 0, 0, 0, 0 }, true)]
    [InlineData(new byte[] { (byte)'F', 0, 0, 0, 2, 0, (byte)'V' }, true)]
    [InlineData(new byte[] { (byte)'A', 0, 0, 0, 1, (byte)'V' }, true)]
    [InlineData(new byte[] { (byte)'S', 0, 0, 0, 1, 1 }, true)]
    [InlineData(new byte[] { (byte)'b', 1 }, true)]
    [InlineData(new byte[] { 0, (byte)'V' }, false)]
    [InlineData(new byte[] { 1, (byte)'k', (byte)'V' }, false)]
    [InlineData(new byte[] { 1, 0xFF, (byte)'V' }, false)]
    public void A_decoded_table_takes_at_most_32_times_its_bytes(byte[] repeated, bool isArray)
    {
        const int Times = 5000;
        var content = Enumerable.Repeat(repeated, Times).SelectMany(bytes => bytes).ToArray();
        if (isArray)
            content = [0, (byte)'A', .. Length(content), .. content];
        byte[] table = [.. Length(content), .. content];
        FieldTable.Decode(table);

        var before = GC.GetAllocatedBytesForCurrentThread();
        FieldTable.Decode(table);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 32 * table.Length + 1024);
    }

    [Fact]
    public void Random_tables_round_trip()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var table = Samples.Table(new Random(seed));
            Assert.Equal(table, FieldTable.Decode(Tables.Encode(table)));
        }
    }

    // Tables and arrays by turns, the given number of levels in all.
    private static byte[] Nested(int levels)
    {
        byte[] bytes = levels % 2 == 1 ? [0, 0, 0, 0] : [0, 0, 0, 1, (byte)'V'];
        for (var level = levels - 1; level > 0; level--)
        {
            byte[] content = level % 2 == 1
                ? [0, (byte)'A', .. bytes]
                : [(byte)'F', .. bytes];
            bytes = [.. Length(content), .. content];
        }

        return bytes;
    }

    private static byte[] Length(byte[] content)
    {
        var length = new byte[sizeof(int)];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return length;
    }
}
