using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

public sealed class LinkFrameTests
{
    private const ulong Salt = 0x1122334455667788;

    [Fact]
    public void A_frame_lies_on_the_wire_as_it_is_drawn()
    {
        byte[] frame = Make(LinkClass.Deliveries, 0x0203, [0xAA, 0xBB]);
        LinkFrame.Seal(frame, Salt, 9);
        Assert.Equal("0200000004000302AABB", Convert.ToHexString(frame.AsSpan(4)));
        Assert.Equal(LinkFrameStatus.Complete, LinkFrame.TryRead(frame, Salt, 9, out LinkFrameHeader header));
        Assert.Equal(new LinkFrameHeader(LinkClass.Deliveries, 0x0203, 2), header);
    }

    [Fact]
    public void Frames_are_sealed_one_behind_the_other()
    {
        byte[] frames =
            [.. Make(LinkClass.Control, 1, [1]), .. Make(LinkClass.Bulk, 2, []), .. Make(LinkClass.Bulk, 3, [2])];
        Assert.Equal(13u, LinkFrame.Seal(frames, Salt, 10));
        ReadOnlySpan<byte> rest = frames;
        for (uint number = 10; number < 13; number++)
        {
            Assert.Equal(LinkFrameStatus.Complete, LinkFrame.TryRead(rest, Salt, number, out LinkFrameHeader header));
            rest = rest[header.SizeBytes..];
        }
        Assert.True(rest.IsEmpty);
    }

    [Fact]
    public void A_frame_of_another_place_or_another_link_does_not_pass()
    {
        byte[] frame = Make(LinkClass.Control, 1, [1, 2, 3]);
        LinkFrame.Seal(frame, Salt, 4);
        Assert.Equal(LinkFrameStatus.Damaged, LinkFrame.TryRead(frame, Salt, 3, out _));
        Assert.Equal(LinkFrameStatus.Damaged, LinkFrame.TryRead(frame, Salt, 5, out _));
        Assert.Equal(LinkFrameStatus.Damaged, LinkFrame.TryRead(frame, Salt + 1, 4, out _));
    }

    [Fact]
    public void Each_bit_of_a_frame_counts()
    {
        byte[] frame = Make(LinkClass.Control, 1, [1, 2, 3]);
        LinkFrame.Seal(frame, Salt, 0);
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            byte[] damaged = [.. frame, .. new byte[300]];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(LinkFrameStatus.Complete, LinkFrame.TryRead(damaged, Salt, 0, out _));
        }
    }

    [Fact]
    public void A_part_of_a_frame_is_waited_for_and_a_length_beyond_the_limit_is_not()
    {
        byte[] frame = Make(LinkClass.Control, 1, [1, 2, 3]);
        LinkFrame.Seal(frame, Salt, 0);
        for (int count = 0; count < frame.Length; count++)
            Assert.Equal(LinkFrameStatus.Incomplete, LinkFrame.TryRead(frame.AsSpan(0, count), Salt, 0, out _));
        byte[] header = new byte[LinkFrame.HeaderBytes];
        LinkFrame.WriteHeader(header, LinkClass.Control, 1, LinkFrame.MostWireBodyBytes + 1);
        Assert.Equal(LinkFrameStatus.Damaged, LinkFrame.TryRead(header, Salt, 0, out _));
        LinkFrame.WriteHeader(header, LinkClass.Bulk + 1, 1, 0);
        Assert.Equal(LinkFrameStatus.Damaged, LinkFrame.TryRead(header, Salt, 0, out _));
    }

    [Fact]
    public void A_heartbeat_lies_on_the_wire_as_it_is_drawn()
    {
        var heartbeat = new PeerHeartbeat(1, 2, 3, 4, 5, 6, 7, 8);
        byte[] bytes = new byte[PeerHeartbeat.SizeBytes];
        heartbeat.Write(bytes);
        Assert.Equal(
            "0100000000000000020000000000000003000000000000000400000000000000"
            + "05000000000000000600000000000000070000000800000000000000",
            Convert.ToHexString(bytes));
        // A later version may add to it.
        Assert.True(PeerHeartbeat.TryRead([.. bytes, 9], out PeerHeartbeat read));
        Assert.Equal(heartbeat, read);
        // One before did not say what the wall clock shows.
        Assert.True(PeerHeartbeat.TryRead(bytes.AsSpan(0, PeerHeartbeat.LeastBytes), out read));
        Assert.Equal(heartbeat with { WallClockMs = 0 }, read);
        Assert.False(PeerHeartbeat.TryRead(bytes.AsSpan(0, PeerHeartbeat.LeastBytes - 1), out _));
        bytes[23] = 0x80;
        Assert.False(PeerHeartbeat.TryRead(bytes, out _));
    }

    private static byte[] Make(LinkClass linkClass, ushort kind, byte[] body)
    {
        byte[] frame = new byte[LinkFrame.HeaderBytes + body.Length];
        LinkFrame.WriteHeader(frame, linkClass, kind, body.Length);
        body.CopyTo(frame, LinkFrame.HeaderBytes);
        return frame;
    }
}
