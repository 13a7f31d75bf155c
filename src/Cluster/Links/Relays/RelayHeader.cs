using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// What stands before the body of a frame on its way through a third node, little-endian:
/// <code>
///  0 target (16) | 16 origin (16) | 32 origin's boot (8) | 40 stream (8) | 48 number in it, from 1 (8) | 56 kind (2)
/// </code>
/// A frame that could not be passed on comes back as its first 48 bytes.
/// </summary>
internal readonly record struct RelayHeader(
    NodeId Target, NodeId Origin, long Boot, long Stream, long Number, ushort Kind)
{
    public const int SizeBytes = 58;

    /// <summary>Target, origin, boot and stream.</summary>
    public const int RefusedBytes = 48;

    public void Write(Span<byte> target)
    {
        WriteRefused(target);
        BinaryPrimitives.WriteInt64LittleEndian(target[48..], Number);
        BinaryPrimitives.WriteUInt16LittleEndian(target[56..], Kind);
    }

    public void WriteRefused(Span<byte> target)
    {
        Target.Write(target);
        Origin.Write(target[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], Boot);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], Stream);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out RelayHeader header)
    {
        bool isWhole = body.Length >= SizeBytes;
        header = isWhole
            ? ReadRefused(body) with
            {
                Number = BinaryPrimitives.ReadInt64LittleEndian(body[48..]),
                Kind = BinaryPrimitives.ReadUInt16LittleEndian(body[56..]),
            }
            : default;
        return isWhole && header is { Boot: >= 0, Stream: > 0, Number: > 0, Kind: < LinkKind.FirstReserved };
    }

    public static bool TryReadRefused(ReadOnlySpan<byte> body, out RelayHeader header)
    {
        header = body.Length >= RefusedBytes ? ReadRefused(body) : default;
        return body.Length >= RefusedBytes;
    }

    private static RelayHeader ReadRefused(ReadOnlySpan<byte> body) => new(
        NodeId.Read(body),
        NodeId.Read(body[16..]),
        BinaryPrimitives.ReadInt64LittleEndian(body[32..]),
        BinaryPrimitives.ReadInt64LittleEndian(body[40..]),
        0,
        0);
}
