using System.Numerics;
using System.Runtime.InteropServices;

namespace Warren.Broker.Topology;

/// <summary>
/// The keyed hash (Marvin32) of names clients choose. Without the key nobody can make up names that collide. The key
/// is drawn once a process; whoever needs the same order of enumeration in every run gives it with
/// <see cref="UseSeed"/>.
/// </summary>
public static class NameHash
{
    // The runtime hashes strings with a key of its own, random per process: two such hashes make our 64 bits.
    private static ulong _seed =
        (ulong)(uint)string.GetHashCode("name-hash-low") << 32 | (uint)string.GetHashCode("name-hash-high");

    /// <summary>
    /// Sets the key. To be called before the first map is filled: maps filled before are lost to look-ups.
    /// </summary>
    public static void UseSeed(ulong seed) => _seed = seed;

    public static int Of(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(name);
        uint p0 = (uint)_seed;
        uint p1 = (uint)(_seed >> 32);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        foreach (uint word in words)
        {
            p0 += word;
            Mix(ref p0, ref p1);
        }
        // Characters are two bytes, so that either none or two are left.
        p0 += bytes.Length % 4 == 0 ? 0x80u : 0x800000u | name[^1];
        Mix(ref p0, ref p1);
        Mix(ref p0, ref p1);
        return (int)(p0 ^ p1);
    }

    private static void Mix(ref uint p0, ref uint p1)
    {
        p1 ^= p0;
        p0 = BitOperations.RotateLeft(p0, 20);
        p0 += p1;
        p1 = BitOperations.RotateLeft(p1, 9);
        p1 ^= p0;
        p0 = BitOperations.RotateLeft(p0, 27);
        p0 += p1;
        p1 = BitOperations.RotateLeft(p1, 19);
    }
}
