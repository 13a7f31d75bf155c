using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Warren.Broker.Exchanges;

/// <summary>
/// Jump consistent hashing (Lamping and Veach, 2014) and a hash of values for it. Neither depends on the process: a
/// value's bucket is the same after a restart and on every node.
/// </summary>
internal static class JumpHash
{
    private const ulong FnvOffset = 0xCBF2_9CE4_8422_2325;
    private const ulong FnvPrime = 0x0000_0100_0000_01B3;

    /// <summary>
    /// The bucket of a hash, from 0. From n to n + 1 buckets, one value in n + 1 moves, and to the new bucket.
    /// </summary>
    public static long Bucket(ulong hash, long bucketCount)
    {
        long bucket = -1;
        long next = 0;
        while (next < bucketCount)
        {
            bucket = next;
            hash = unchecked((hash * 2862933555777941757UL) + 1);
            next = (long)((bucket + 1) * ((double)(1L << 31) / ((hash >> 33) + 1)));
        }
        return bucket;
    }

    public static ulong Of(ReadOnlySpan<char> text) => Of(MemoryMarshal.AsBytes(text));

    public static ulong Of(ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        return Of(bytes);
    }

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = FnvOffset;
        foreach (byte octet in bytes)
            hash = (hash ^ octet) * FnvPrime;
        // FNV alone leaves short values close together.
        hash ^= hash >> 33;
        hash *= 0xFF51_AFD7_ED55_8CCD;
        return hash ^ (hash >> 33);
    }
}
