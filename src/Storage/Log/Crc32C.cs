using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Warren.Storage.Log;

/// <summary>
/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the processor's own instruction where it has one.
/// </summary>
public static class Crc32C
{
    private const uint Start = 0xFFFFFFFF;

    /// <summary>The checksum of bytes at a place, so that the same bytes elsewhere do not pass.</summary>
    public static uint At(ulong salt, uint offset, ReadOnlySpan<byte> bytes) =>
        ~Continue(BitOperations.Crc32C(BitOperations.Crc32C(Start, salt), offset), bytes);

    /// <summary>The plain checksum.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Continue(Start, bytes);

    /// <summary>The checksum of two runs of bytes, one behind the other.</summary>
    public static uint Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        ~Continue(Continue(Start, first), second);

    private static uint Continue(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(
                crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
