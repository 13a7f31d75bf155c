using Xunit;

namespace Warren.Amqp.Tests.Framing;

public class FrameReaderTests
{
    private const int NoLimit = int.MaxValue;

    private static readonly byte[] BodyFrame = [3, 0x12, 0x34, 0, 0, 0, 2, (byte)'h', (byte)'i', 0xCE];

    [Fact]
    public void A_whole_frame_is_read_and_what_follows_is_left()
    {
        byte[] input = [.. BodyFrame, 8, 0, 0];

        Assert.Equal(FrameStatus.Complete, FrameReader.TryRead(input, NoLimit, out var frame));
        Assert.Equal(FrameType.Body, frame.Type);
        Assert.Equal(0x1234, frame.Channel);
        Assert.Equal("hi"u8, frame.Payload);
        Assert.Equal(10, frame.SizeBytes);
        Assert.Equal(2, frame.AnnouncedPayloadBytes);
    }

    [Fact]
    public void A_frame_cut_at_any_byte_is_incomplete()
    {
        for (var cut = 0; cut < BodyFrame.Length; cut++)
            Assert.Equal(FrameStatus.Incomplete, FrameReader.TryRead(BodyFrame.AsSpan(0, cut), NoLimit, out _));
    }

    [Fact]
    public void A_heartbeat_has_no_payload()
    {
        Assert.Equal(FrameStatus.Complete, FrameReader.TryRead([8, 0, 0, 0, 0, 0, 0, 0xCE], NoLimit, out var frame));
        Assert.Equal(FrameType.Heartbeat, frame.Type);
        Assert.True(frame.Payload.IsEmpty);
        Assert.Equal(FrameSize.OverheadBytes, frame.SizeBytes);
    }

    [Theory]
    [InlineData(2, FrameStatus.Complete)]
    [InlineData(1, FrameStatus.TooLarge)]
    public void The_limit_is_the_largest_payload_accepted(int limitBytes, FrameStatus expected) =>
        Assert.Equal(expected, FrameReader.TryRead(BodyFrame, limitBytes, out _));

    [Theory]
    [InlineData(4096)]
    [InlineData(NoLimit)]
    public void A_frame_too_large_is_told_by_its_header_alone(int limitBytes)
    {
        byte[] header = [1, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF];

        Assert.Equal(FrameStatus.Incomplete, FrameReader.TryRead(header.AsSpan(0, 6), limitBytes, out _));
        Assert.Equal(FrameStatus.TooLarge, FrameReader.TryRead(header, limitBytes, out var frame));
        Assert.Equal(FrameType.Method, frame.Type);
        Assert.Equal(7, frame.Channel);
        Assert.Equal(uint.MaxValue, frame.AnnouncedPayloadBytes);
        Assert.True(frame.Payload.IsEmpty);
    }

    [Fact]
    public void A_size_that_would_overflow_waits_for_more()
    {
        byte[] header = [1, 0, 7, 0x7F, 0xFF, 0xFF, 0xFF];
        Assert.Equal(FrameStatus.Incomplete, FrameReader.TryRead(header, NoLimit, out _));
    }

    [Fact]
    public void A_wrong_end_is_told_with_payload_and_octet()
    {
        byte[] input = [.. BodyFrame[..^1], 0xCD];

        Assert.Equal(FrameStatus.BadEnd, FrameReader.TryRead(input, NoLimit, out var frame));
        Assert.Equal("hi"u8, frame.Payload);
        Assert.Equal(0xCD, frame.EndOctet);
    }
}
