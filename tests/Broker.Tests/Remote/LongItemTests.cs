using System.Buffers.Binary;
using Warren.Broker.Messages;
using Warren.Broker.Queues.Remote;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Messages that come in pieces, from a node that says how long they will be.</summary>
public sealed class LongItemTests
{
    private const long MostBytes = 512 * 1024 * 1024;

    [Fact]
    public void Room_is_made_for_what_has_come_and_not_for_what_is_announced()
    {
        byte[] item = Begin(envelopeBytes: 2, bodyBytes: 400 * 1024 * 1024, pieceBytes: 1000);
        var receiver = new LaneReceiver();
        long before = GC.GetAllocatedBytesForCurrentThread();
        receiver.BeginLong(item, MessageSizes.SizeBytes, MostBytes);
        Assert.Null(receiver.GoOnWithLong(new byte[5000], isLast: false));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 6000, 100_000);
    }

    [Fact]
    public void A_message_longer_than_any_is_refused()
    {
        byte[] item = Begin(envelopeBytes: 2, bodyBytes: (int)MostBytes, pieceBytes: 1000);
        Assert.Throws<FormatException>(
            () => new LaneReceiver().BeginLong(item, MessageSizes.SizeBytes, MostBytes));
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(1000, 1)]
    [InlineData(1000, 999)]
    [InlineData(60_000, 60_000)]
    public void Pieces_make_the_whole(int firstBytes, int pieceBytes)
    {
        byte[] whole = new byte[150_002];
        new Random(1).NextBytes(whole);
        byte[] item = Begin(envelopeBytes: 2, bodyBytes: whole.Length - 2, firstBytes);
        whole.AsSpan(0, firstBytes).CopyTo(item.AsSpan(MessageSizes.SizeBytes));
        var receiver = new LaneReceiver();
        receiver.BeginLong(item, MessageSizes.SizeBytes, MostBytes);
        LongItem? found = null;
        for (int at = firstBytes; at < whole.Length; at += pieceBytes)
        {
            ReadOnlySpan<byte> piece = whole.AsSpan(at, Math.Min(pieceBytes, whole.Length - at));
            found = receiver.GoOnWithLong(piece, at + piece.Length == whole.Length);
        }
        Slab slab = found!.ToSlab(new SlabPool());
        Assert.Equal(whole, slab.Bytes);
        Assert.Equal(whole.Length, slab.UsedBytes);
    }

    [Fact]
    public void Pieces_that_do_not_fit_are_refused()
    {
        byte[] item = Begin(envelopeBytes: 2, bodyBytes: 998, pieceBytes: 500);
        Assert.Throws<FormatException>(() => Begun(item).GoOnWithLong(new byte[501], isLast: true));
        Assert.Throws<FormatException>(() => Begun(item).GoOnWithLong(new byte[500], isLast: false));
        Assert.Throws<FormatException>(() => Begun(item).GoOnWithLong(new byte[499], isLast: true));
        Assert.Throws<FormatException>(() => Begun(item).BeginLong(item, MessageSizes.SizeBytes, MostBytes));
        Assert.Throws<FormatException>(() => new LaneReceiver().GoOnWithLong(new byte[500], isLast: true));
        Assert.NotNull(Begun(item).GoOnWithLong(new byte[500], isLast: true));
    }

    private static LaneReceiver Begun(byte[] item)
    {
        var receiver = new LaneReceiver();
        receiver.BeginLong(item, MessageSizes.SizeBytes, MostBytes);
        return receiver;
    }

    private static byte[] Begin(ushort envelopeBytes, int bodyBytes, int pieceBytes)
    {
        byte[] item = new byte[MessageSizes.SizeBytes + pieceBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(item, envelopeBytes);
        BinaryPrimitives.WriteInt32LittleEndian(item.AsSpan(6), bodyBytes);
        return item;
    }
}
