using System.Buffers.Binary;
using Warren.Storage.Log;

namespace Warren.Cluster.Consensus;

/// <summary>
/// CRC-32C of a chunk and its offset. Links have checksums of their own; this one reaches from the leader's memory to
/// the follower's, whatever carries the chunk.
/// </summary>
internal static class ChunkChecksum
{
    public static uint Of(long offset, ReadOnlySpan<byte> bytes)
    {
        Span<byte> place = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(place, offset);
        return Crc32C.Of(place, bytes);
    }
}
