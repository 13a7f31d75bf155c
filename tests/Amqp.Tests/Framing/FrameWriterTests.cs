using Xunit;

namespace Warren.Amqp.Tests.Framing;

public class FrameWriterTests
{
    private readonly byte[] _output = new byte[256];

    [Fact]
    public void A_method_frame_has_the_size_that_was_told()
    {
        var method = new QueueDeclareOk("q", 5, 6);

        var sizeBytes = FrameWriter.WriteMethod(_output, 9, method);

        Assert.Equal(FrameWriter.MethodFrameBytes(method), sizeBytes);
        byte[] expected = [1, 0, 9, 0, 0, 0, 14, 0, 50, 0, 11, 1, (byte)'q', 0, 0, 0, 5, 0, 0, 0, 6, 0xCE];
        Assert.Equal(expected, _output[..sizeBytes]);
    }

    [Fact]
    public void A_content_header_is_read_as_it_was_written()
    {
        byte[] properties = [0x10, 0, 2];

        var sizeBytes = FrameWriter.WriteHeader(_output, 3, 60, 1UL << 40, properties);

        Assert.Equal(FrameWriter.HeaderFrameBytes(properties), sizeBytes);
        Assert.Equal(FrameStatus.Complete, FrameReader.TryRead(_output.AsSpan(0, sizeBytes), 100, out var frame));
        Assert.Equal(FrameType.Header, frame.Type);
        var header = ContentHeader.Read(frame.Payload);
        Assert.Equal(60, header.ClassId);
        Assert.Equal(1UL << 40, header.BodySizeBytes);
        Assert.Equal(properties, header.Properties);
    }

    [Fact]
    public void A_content_header_without_flags_ends_early()
    {
        for (var size = 0; size < ContentHeader.FixedBytes + 2; size++)
            Assert.Throws<WireFormatException>(() => { ContentHeader.Read(new byte[size]); });
    }

    [Fact]
    public void Body_and_heartbeat_frames()
    {
        Assert.Equal(10, FrameWriter.WriteBody(_output, 1, "hi"u8));
        Assert.Equal(new byte[] { 3, 0, 1, 0, 0, 0, 2, (byte)'h', (byte)'i', 0xCE }, _output[..10]);
        Assert.Equal(8, FrameWriter.WriteHeartbeat(_output));
        Assert.Equal(new byte[] { 8, 0, 0, 0, 0, 0, 0, 0xCE }, _output[..8]);
    }

    [Fact]
    public void An_output_too_short_is_refused() =>
        Assert.ThrowsAny<Exception>(() => FrameWriter.WriteBody(_output.AsSpan(0, 9), 1, "hi"u8));
}
