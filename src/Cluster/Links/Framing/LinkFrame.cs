using System.Buffers.Binary;
using Warren.Storage.Log;

namespace Warren.Cluster.Links;

/// <summary>
/// One frame on a peer link after the handshake (docs/formats/peer-links.md), little-endian:
/// <code>
///  0 crc of bytes 4.. (4) | 4 bytes of the body (4) | 8 class (1) | 9 zero (1) | 10 kind (2) | 12 body
/// </code>
/// The checksum begins with the link's salt and the frame's number on it, so that a frame that was lost, doubled,
/// moved, or belongs to another link or the other direction does not pass.
/// </summary>
internal static class LinkFrame
{
    public const int HeaderBytes = 12;

    /// <summary>
    /// What an owner may put into one frame; what is longer goes in pieces. Small enough that an urgent frame waits
    /// half a millisecond behind one on a gigabit line, large enough that headers cost nothing.
    /// </summary>
    public const int MostBodyBytes = 64 * 1024;

    /// <summary>What is taken off the wire: a full body on its way through a relay.</summary>
    public const int MostWireBodyBytes = MostBodyBytes + RelayHeader.SizeBytes;

    public const int MostFrameBytes = HeaderBytes + MostWireBodyBytes;

    /// <summary>All but the checksum, which <see cref="Seal"/> adds when the frame's number is known.</summary>
    public static void WriteHeader(Span<byte> target, LinkClass linkClass, ushort kind, int bodyBytes)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, 0);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], bodyBytes);
        target[8] = (byte)linkClass;
        target[9] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(target[10..], kind);
    }

    /// <summary>Seals all frames that lie here one behind the other; returns the number of the next.</summary>
    public static uint Seal(Span<byte> frames, ulong salt, uint number)
    {
        while (!frames.IsEmpty)
        {
            int sizeBytes = HeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(frames[4..]);
            BinaryPrimitives.WriteUInt32LittleEndian(frames, Crc32C.At(salt, number, frames[4..sizeBytes]));
            frames = frames[sizeBytes..];
            number++;
        }
        return number;
    }

    public static LinkFrameStatus TryRead(
        ReadOnlySpan<byte> input, ulong salt, uint number, out LinkFrameHeader header)
    {
        header = default;
        if (input.Length < HeaderBytes)
            return LinkFrameStatus.Incomplete;
        uint bodyBytes = BinaryPrimitives.ReadUInt32LittleEndian(input[4..]);
        if (bodyBytes > MostWireBodyBytes || input[8] > (byte)LinkClass.Bulk || input[9] != 0)
            return LinkFrameStatus.Damaged;
        int sizeBytes = HeaderBytes + (int)bodyBytes;
        if (input.Length < sizeBytes)
            return LinkFrameStatus.Incomplete;
        if (BinaryPrimitives.ReadUInt32LittleEndian(input) != Crc32C.At(salt, number, input[4..sizeBytes]))
            return LinkFrameStatus.Damaged;
        header = new LinkFrameHeader(
            (LinkClass)input[8], BinaryPrimitives.ReadUInt16LittleEndian(input[10..]), (int)bodyBytes);
        return LinkFrameStatus.Complete;
    }
}
