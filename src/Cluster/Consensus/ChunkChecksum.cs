using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Warren.Cluster.Consensus;

/// <summary>
/// CRC-32C of a chunk and its offset. Links have checksums of their own; this one reaches from the leader's memory to
/// the follower's, whatever carries the chunk.
/// </summary>
internal static class ChunkChecksum
{
    public static uint Of(long offset, ReadOnlySpan<byte> bytes)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, (ulong)offset);
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(
                crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }
        foreach (byte rest in bytes[(bytes.Length & ~7)..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
