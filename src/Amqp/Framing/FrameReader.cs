using System.Buffers.Binary;

namespace Warren.Amqp;

/// <summary>
/// Cuts frames from a contiguous buffer (AMQP 0-9-1, section 4.2.3). It keeps no state: the caller owns the buffer
/// and moves on by <see cref="Frame.SizeBytes"/>.
/// <code>
/// 0      1         3             7                  size+7  size+8
/// +------+---------+-------------+ ~~~~~~~~~~~~~~~~ +-------+
/// | type | channel | size (long) | payload          | 0xCE  |
/// +------+---------+-------------+ ~~~~~~~~~~~~~~~~ +-------+
/// </code>
/// </summary>
public static class FrameReader
{
    /// <summary>Looks at the frame that starts <paramref name="input"/>.</summary>
    /// <param name="input">What was received and not yet taken.</param>
    /// <param name="payloadLimitBytes">
    /// The largest payload accepted; <see cref="int.MaxValue"/> for no limit. A larger one is told as soon as the
    /// seven octets of the header are there, so nobody has to buffer it.
    /// </param>
    /// <param name="frame">The frame; with <see cref="FrameStatus.TooLarge"/> its header only.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> input, int payloadLimitBytes, out Frame frame)
    {
        if (input.Length < FrameSize.HeaderBytes)
        {
            frame = default;
            return FrameStatus.Incomplete;
        }

        var type = input[0];
        var channel = BinaryPrimitives.ReadUInt16BigEndian(input[1..]);
        var sizeBytes = BinaryPrimitives.ReadUInt32BigEndian(input[3..]);
        if (sizeBytes > payloadLimitBytes)
        {
            frame = new Frame(type, channel, sizeBytes);
            return FrameStatus.TooLarge;
        }

        if (sizeBytes > input.Length - FrameSize.OverheadBytes)
        {
            frame = new Frame(type, channel, sizeBytes);
            return FrameStatus.Incomplete;
        }

        var endOctet = input[FrameSize.HeaderBytes + (int)sizeBytes];
        frame = new Frame(type, channel, input.Slice(FrameSize.HeaderBytes, (int)sizeBytes), endOctet);
        return endOctet == FrameSize.EndOctet ? FrameStatus.Complete : FrameStatus.BadEnd;
    }
}
