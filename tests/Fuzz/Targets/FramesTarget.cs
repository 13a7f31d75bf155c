using Warren.Amqp;

namespace Warren.Fuzz.Targets;

/// <summary>A stream of frames, read until it ends or breaks.</summary>
public sealed class FramesTarget : FuzzTarget
{
    private const int PayloadLimitBytes = 4096;

    /// <inheritdoc/>
    public override string Name => "frames";

    /// <inheritdoc/>
    public override byte[] MakeValid(Random random)
    {
        var stream = new List<byte>();
        var frame = new byte[256];
        for (var frames = random.Next(1, 5); frames > 0; frames--)
        {
            var payload = Samples.Bytes(random, 100);
            payload.CopyTo(frame, FrameSize.HeaderBytes);
            var sizeBytes = FrameWriter.Enclose(
                frame, (byte)random.Next(1, 9), (ushort)random.Next(0x10000), payload.Length);
            stream.AddRange(frame.AsSpan(0, sizeBytes));
        }

        return [.. stream];
    }

    /// <inheritdoc/>
    public override void Check(byte[] input)
    {
        var rest = input.AsSpan();
        while (FrameReader.TryRead(rest, PayloadLimitBytes, out var frame) == FrameStatus.Complete)
        {
            FuzzException.Unless(frame.SizeBytes <= rest.Length, "a frame is larger than its input");
            var rewritten = new byte[frame.SizeBytes];
            frame.Payload.CopyTo(rewritten.AsSpan(FrameSize.HeaderBytes));
            FrameWriter.Enclose(rewritten, frame.Type, frame.Channel, frame.Payload.Length);
            FuzzException.Unless(rest[..frame.SizeBytes].SequenceEqual(rewritten), "a frame is written differently");
            var cut = FrameReader.TryRead(rest[..(frame.SizeBytes - 1)], PayloadLimitBytes, out _);
            FuzzException.Unless(cut == FrameStatus.Incomplete, "a frame without its end is not incomplete");
            rest = rest[frame.SizeBytes..];
        }
    }
}
