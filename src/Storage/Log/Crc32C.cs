using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Warren.Storage.Log;

/// <summary>
/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the processor's own instruction where it has one. That takes three
/// cycles, and a new one can begin in each: so long runs are cut into three lanes, whose checksums are put together
/// by a carry-less product (Gopal and others, Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction, 2011).
/// </summary>
public static class Crc32C
{
    private const uint Start = 0xFFFFFFFF;

    /// <summary>Of a lane: short enough that the records of small messages have some.</summary>
    private const int LaneWords = 21;

    private const int LaneBits = LaneWords * 64;

    /// <summary>The polynomial without its highest term, the lowest power in the highest bit.</summary>
    private const uint Polynomial = 0x82F63B78;

    private static readonly Vector128<ulong> BehindOneLane = Factor(LaneBits);

    private static readonly Vector128<ulong> BehindTwoLanes = Factor(2 * LaneBits);

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
        ReadOnlySpan<byte> rest = bytes[(words.Length * sizeof(ulong))..];
        if (Sse42.X64.IsSupported && Pclmulqdq.IsSupported)
        {
            for (; words.Length >= 3 * LaneWords; words = words[(3 * LaneWords)..])
                crc = ContinueInLanes(crc, words);
        }
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(
                crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }
        foreach (byte one in rest)
            crc = BitOperations.Crc32C(crc, one);
        return crc;
    }

    private static uint ContinueInLanes(uint crc, ReadOnlySpan<ulong> words)
    {
        ReadOnlySpan<ulong> first = words[..LaneWords];
        ReadOnlySpan<ulong> second = words.Slice(LaneWords, LaneWords);
        ReadOnlySpan<ulong> third = words.Slice(2 * LaneWords, LaneWords);
        ulong one = crc;
        ulong two = 0;
        ulong three = 0;
        for (int place = 0; place < LaneWords; place++)
        {
            one = Sse42.X64.Crc32(one, first[place]);
            two = Sse42.X64.Crc32(two, second[place]);
            three = Sse42.X64.Crc32(three, third[place]);
        }
        ulong moved = Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(one), BehindTwoLanes, 0).ToScalar()
            ^ Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(two), BehindOneLane, 0).ToScalar();
        return (uint)(Sse42.X64.Crc32(0, moved) ^ three);
    }

    // What a checksum is multiplied with to be that of the same bytes with so many bits of zero behind them. The
    // product of two reflected numbers lies one bit too low, and the instruction that reduces it multiplies by x^32.
    private static Vector128<ulong> Factor(int bits)
    {
        uint power = 0x80000000;
        for (int exponent = 0; exponent < bits - 33; exponent++)
            power = (power >> 1) ^ ((power & 1) * Polynomial);
        return Vector128.CreateScalar((ulong)power);
    }
}
