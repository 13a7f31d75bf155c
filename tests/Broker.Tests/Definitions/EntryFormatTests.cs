using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Xunit;

namespace Warren.Broker.Tests.Definitions;

public sealed class EntryFormatTests
{
    [Fact]
    public void Every_kind_comes_back_byte_by_byte_made_and_removed()
    {
        DefinitionsEntry[] all =
        [
            .. Samples.All(), .. Samples.OfNodes(), Samples.QueueMembers(1234, 2, 1),
            .. Samples.All().Select(Samples.Remove), .. Samples.OfNodes().Select(Samples.Remove),
        ];
        Assert.Equal(Enum.GetValues<DefinitionKind>().Length, all.Select(entry => entry.Key.Kind).Distinct().Count());
        foreach (DefinitionsEntry entry in all)
        {
            byte[] bytes = EntryFormat.Write(entry);
            DefinitionsEntry read = Read(bytes);
            Assert.Equal(entry.Key, read.Key);
            Assert.Equal(entry.Removes, read.Removes);
            Assert.Equal(bytes, EntryFormat.Write(read));
        }
    }

    [Fact]
    public void Arguments_may_be_nested_as_deeply_as_on_the_wire()
    {
        FieldTable deepest = Samples.Nested(FieldTable.NestingLimit - 1);
        Assert.Equal(deepest, ReadAgain(deepest));
        DefinitionsEntry read = Read(EntryFormat.Write(Samples.Queue(arguments: deepest)));
        Assert.Equal(deepest, read.Arguments);
    }

    /// <summary>The example of docs/formats/definitions.md.</summary>
    [Fact]
    public void The_documented_bytes_are_those_written()
    {
        byte[] expected = Convert.FromHexString(
            "01" + "05" + "02"
            + "00000019" + "05" + "76686F7374" + "53" + "00000001" + "2F"
            + "04" + "6E616D65" + "53" + "00000003" + "6C6F67"
            + "00000000");
        Assert.Equal(expected, EntryFormat.Write(new RemovalEntry(DefinitionKey.OfExchange("/", "log"))));
    }

    /// <summary>A node of the version before can read all that it would understand.</summary>
    [Fact]
    public void Each_entry_says_the_lowest_version_that_can_hold_it()
    {
        foreach (DefinitionsEntry entry in Samples.All().Concat(Samples.OfNodes()))
        {
            int lowest = entry.Key.Kind switch
            {
                > DefinitionKind.Member => 4,
                > DefinitionKind.GlobalParameter => 3,
                > DefinitionKind.Binding => 2,
                _ => 1,
            };
            Assert.Equal(entry.Key.Vhost == "w" ? 2 : lowest, EntryFormat.Write(entry)[0]);
            Assert.Equal(lowest, EntryFormat.Write(Samples.Remove(entry))[0]);
        }
    }

    [Fact]
    public void Conditions_and_what_goes_along_come_back()
    {
        var queue = Assert.IsType<QueueEntry>(
            Read(EntryFormat.Write(Samples.Queue() with { HomeNode = Samples.Node(1), OfMember = true })));
        Assert.True(queue.OfMember);
        Assert.Equal(4, EntryFormat.Write(queue)[0]);
        var removal = Assert.IsType<RemovalEntry>(Read(EntryFormat.Write(
            new RemovalEntry(DefinitionKey.OfMember(Samples.Node(1))) { WithQueues = true })));
        Assert.True(removal.WithQueues);
        Assert.Equal(4, EntryFormat.Write(removal)[0]);
    }

    /// <summary>They go with their queue, and with nothing else.</summary>
    [Fact]
    public void A_queues_members_are_not_removed()
    {
        byte[] bytes = EntryFormat.Write(Samples.QueueMembers(1234, 2, 1));
        Assert.Equal(6, bytes[0]);
        bytes[2] = 2;
        Assert.Throws<FormatException>(() => Read(bytes));
        bytes[2] = 1;
        bytes[0] = 5;
        Assert.Contains("of kind 16", Assert.Throws<FormatException>(() => Read(bytes)).Message);
    }

    [Theory]
    [InlineData(new int[0], 1)]
    [InlineData(new[] { 1, 1 }, 2)]
    [InlineData(new[] { 1, 2, 3, 4, 5, 6, 7, 8 }, 7)]
    [InlineData(new[] { 1 }, 0)]
    [InlineData(new[] { 1 }, 8)]
    public void A_queue_has_from_one_to_seven_members_each_once(int[] members, int size)
    {
        QueueMembersEntry entry = Samples.QueueMembers(1234, members) with { WishedSize = size };
        Assert.Throws<FormatException>(() => Read(EntryFormat.Write(entry)));
    }

    /// <summary>The third example of docs/formats/definitions.md.</summary>
    [Fact]
    public void The_documented_bytes_of_a_queues_members_are_those_written()
    {
        byte[] expected = Convert.FromHexString(
            "06" + "10" + "01"
            + "0000008B" + "05" + "76686F7374" + "53" + "00000001" + "2F"
            + "04" + "6E616D65" + "53" + "00000001" + "71"
            + "05" + "7175657565" + "6C" + "00000000000004D2"
            + "07" + "6D656D62657273" + "41" + "0000004A"
            + "53" + "00000020" + Convert.ToHexString("00000002000000000000000000000000"u8)
            + "53" + "00000020" + Convert.ToHexString("00000001000000000000000000000000"u8)
            + "04" + "73697A65" + "6C" + "0000000000000002"
            + "00000000");
        Assert.Equal(expected, EntryFormat.Write(Samples.QueueMembers(1234, 2, 1)));
    }

    /// <summary>The second example of docs/formats/definitions.md.</summary>
    [Fact]
    public void The_documented_bytes_of_a_replicated_queue_are_those_written()
    {
        byte[] expected = Convert.FromHexString(
            "05" + "06" + "01"
            + "00000096" + "05" + "76686F7374" + "53" + "00000001" + "2F"
            + "04" + "6E616D65" + "53" + "00000001" + "71"
            + "04" + "74797065" + "53" + "00000006" + "71756F72756D"
            + "07" + "64757261626C65" + "74" + "01"
            + "0B" + "6175746F2D64656C657465" + "74" + "00"
            + "07" + "6D656D62657273" + "41" + "0000004A"
            + "53" + "00000020" + Convert.ToHexString("00000002000000000000000000000000"u8)
            + "53" + "00000020" + Convert.ToHexString("00000001000000000000000000000000"u8)
            + "00000000");
        QueueEntry entry = Samples.ReplicatedQueue("q", "/", members: [2, 1]);
        Assert.Equal(expected, EntryFormat.Write(entry));
        var read = Assert.IsType<QueueEntry>(Read(expected));
        Assert.Equal([Samples.Node(2), Samples.Node(1)], read.Members);
        Assert.Equal(Samples.Node(2), read.HomeNode);
        Assert.False(read.OfMember);
        Assert.Equal(expected, EntryFormat.Write(read));
    }

    [Fact]
    public void Whose_messages_a_queue_keeps_that_nobody_sees_comes_back()
    {
        QueueEntry entry = Samples.ReplicatedQueue("amq.delayed.x", "/", members: [2, 1]) with { DelaysOf = "x" };
        byte[] bytes = EntryFormat.Write(entry);
        Assert.Equal(7, bytes[0]);
        var read = Assert.IsType<QueueEntry>(Read(bytes));
        Assert.Equal("x", read.DelaysOf);
        Assert.Equal(bytes, EntryFormat.Write(read));
    }

    [Fact]
    public void Members_that_are_none_or_twice_the_same_or_no_nodes_are_refused()
    {
        byte[] bytes = EntryFormat.Write(Samples.ReplicatedQueue("q", "/", members: [2, 1]));
        int first = bytes.AsSpan().IndexOf("00000002"u8);
        byte[] twice = [.. bytes];
        twice[first + 7] = (byte)'1';
        const string One = "00000001000000000000000000000000";
        Assert.Equal(
            $"makes a queue with the members '{One} {One}'",
            Assert.Throws<FormatException>(() => Read(twice)).Message);
        byte[] strange = [.. bytes];
        strange[first] = (byte)'x';
        Assert.Equal(
            "makes a queue on the node 'x0000002000000000000000000000000', which is no identity",
            Assert.Throws<FormatException>(() => Read(strange)).Message);
        var none = new FieldTable();
        Samples.Queue().Write(none);
        none.Add("members", FieldValue.Of(FieldArray.Empty));
        Assert.Equal(
            "makes a queue with the members ''",
            Assert.Throws<FormatException>(
                () => QueueEntry.Read(new EntryFields(none), FieldTable.Empty)).Message);
    }

    [Theory]
    [InlineData("", "has format version none; this node knows versions 1 to 7")]
    [InlineData("00", "has format version 0; this node knows versions 1 to 7")]
    [InlineData("08", "has format version 8; this node knows versions 1 to 7")]
    [InlineData("0101", "ends after 2 bytes")]
    [InlineData("010801", "is of kind 8, which is not known")]
    [InlineData("020C01", "is of kind 12, which is not known")]
    [InlineData("030E01", "is of kind 14, which is not known")]
    [InlineData("041001", "is of kind 16, which is not known")]
    [InlineData("010103", "is for action 3, which is not known")]
    [InlineData("0101010000000000", "holds no two tables: input ends early")]
    [InlineData("0101010000000000000000", "has no field 'name'")]
    [InlineData("010101000000000000000000", "holds no two tables: 1 bytes left after the last value")]
    [InlineData("01010100000007046E616D65740100000000", "has a field 'name' of type bool")]
    public void What_cannot_be_read_is_refused_with_its_reason(string hex, string reason)
    {
        FormatException error = Assert.Throws<FormatException>(() => Read(Convert.FromHexString(hex)));
        Assert.Equal(reason, error.Message);
    }

    [Fact]
    public void Types_and_algorithms_that_are_not_known_are_refused()
    {
        AssertRefused(Samples.Queue(), "classic", "clastic", "makes a queue of the type 'clastic', which is not known");
        AssertRefused(
            Samples.Exchange(), "headers", "heathen", "makes an exchange of the type 'heathen', which is not known");
        AssertRefused(
            Samples.User(), "rabbit_password_hashing_sha512", "rabbit_password_hashing_sha513",
            "names the hashing algorithm 'rabbit_password_hashing_sha513', which is not known");
        AssertRefused(Samples.Binding(), "queue", "quote", "binds something of the type 'quote'");
    }

    [Fact]
    public void Any_octet_may_be_another_and_is_read_or_refused()
    {
        int refused = 0;
        DefinitionsEntry[] all = [.. Samples.All(), .. Samples.OfNodes(), Samples.ReplicatedQueue("q", "v", 1, 2)];
        foreach (DefinitionsEntry entry in all)
        {
            byte[] bytes = EntryFormat.Write(entry);
            for (int at = 0; at < bytes.Length; at++)
            {
                byte before = bytes[at];
                foreach (int other in new[] { 0, 0xFF, before ^ 1, before ^ 0x20 })
                {
                    bytes[at] = (byte)other;
                    try
                    {
                        Read(bytes);
                    }
                    catch (FormatException)
                    {
                        refused++;
                    }
                }
                bytes[at] = before;
            }
        }
        Assert.True(refused > 1000, $"{refused} refused");
    }

    private static void AssertRefused(DefinitionsEntry entry, string word, string other, string reason)
    {
        byte[] bytes = EntryFormat.Write(entry);
        byte[] replaced = System.Text.Encoding.UTF8.GetBytes(other);
        int at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(word));
        replaced.CopyTo(bytes, at);
        Assert.Equal(reason, Assert.Throws<FormatException>(() => Read(bytes)).Message);
    }

    private static DefinitionsEntry Read(ReadOnlySpan<byte> bytes)
    {
        int headBytes = Math.Min(EntryFormat.HeadBytes, bytes.Length);
        return EntryFormat.Read(bytes[..headBytes], bytes[headBytes..]);
    }

    private static FieldTable ReadAgain(FieldTable table)
    {
        byte[] bytes = new byte[table.EncodedSizeBytes];
        new WireWriter(bytes).WriteTable(table);
        return FieldTable.Decode(bytes);
    }
}
