using System.Buffers.Binary;
using Warren.Cluster.Groups;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>Pieces as another node might send them, and must not.</summary>
public sealed class MessageAssemblyTests
{
    private readonly MessageAssembly _assembly = new(new GroupTransportOptions
    {
        MostMessageBytes = 1000,
        WaitingBulkBytes = 500,
        MostOpenMessages = 2,
    });

    [Fact]
    public void Pieces_in_order_make_the_message()
    {
        Assert.True(Add(1, 10, 0, 4, out _));
        Assert.True(Add(2, 6, 0, 3, out _));
        Assert.Equal(7, _assembly.OpenBytes);
        Assert.True(Add(1, 10, 4, 6, out ReadOnlyMemory<byte> message));
        Assert.Equal([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], message.ToArray());
        Assert.Equal(3, _assembly.OpenBytes);
        _assembly.Clear();
        Assert.Equal(0, _assembly.OpenBytes);
        Assert.False(Add(2, 6, 3, 3, out _));
    }

    [Theory]
    [InlineData(10, 5, 5)] // A gap.
    [InlineData(10, 3, 5)] // Twice.
    [InlineData(11, 4, 5)] // Another length than at first.
    [InlineData(10, 4, 7)] // Longer than the message.
    [InlineData(10, 0, 4)] // Begun anew.
    [InlineData(10, -1, 4)]
    [InlineData(-1, 4, 4)]
    [InlineData(10, int.MaxValue, 4)]
    [InlineData(int.MinValue, int.MinValue, 4)]
    [InlineData(10, 4, 0)]
    public void A_piece_that_does_not_follow_is_none(int length, int offset, int bytes)
    {
        Assert.True(Add(1, 10, 0, 4, out _));
        Assert.False(Add(1, length, offset, bytes, out _));
    }

    [Theory]
    [InlineData(1001, 0, 4)]
    [InlineData(int.MaxValue, 0, 4)]
    [InlineData(10, 4, 4)]
    [InlineData(0, 0, 1)]
    public void Nor_is_a_beginning_that_could_not_be_one(int length, int offset, int bytes) =>
        Assert.False(Add(1, length, offset, bytes, out _));

    [Fact]
    public void No_more_are_begun_at_once_than_may_be()
    {
        Assert.True(Add(1, 10, 0, 4, out _));
        Assert.True(Add(2, 10, 0, 4, out _));
        Assert.False(Add(3, 10, 0, 4, out _));
    }

    [Fact]
    public void What_is_held_is_bounded_over_all_groups()
    {
        Assert.True(Add(1, 1000, 0, 900, out _));
        Assert.True(Add(2, 1000, 0, 600, out _));
        Assert.False(Add(2, 1000, 600, 10, out _));
    }

    [Fact]
    public void A_length_alone_costs_no_memory()
    {
        var assembly = new MessageAssembly(new GroupTransportOptions());
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(assembly.TryAdd(Body(1, 600 * 1024 * 1024, 0, 100), out _, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * 1024 * 1024);
    }

    private bool Add(long group, int length, int offset, int bytes, out ReadOnlyMemory<byte> message)
    {
        bool isTaken = _assembly.TryAdd(Body(group, length, offset, bytes), out GroupId found, out message);
        Assert.True(!isTaken || found == new GroupId(group));
        return isTaken;
    }

    private static byte[] Body(long group, int length, int offset, int bytes)
    {
        byte[] body = new byte[GroupFrameKind.PieceHeadBytes + bytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, group);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(8), length);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(12), offset);
        body.AsSpan(GroupFrameKind.PieceHeadBytes).Fill((byte)group);
        return body;
    }
}
