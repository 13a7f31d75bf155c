using System.Buffers.Binary;

namespace Warren.Cluster.Links;

/// <summary>
/// The first message of each side, little-endian. It tells a stranger nothing but the versions:
/// <code>
///  0 lowest version (2) | 2 highest version (2) | 4 purpose (1) | 5 zero (1) | 6 nonce (32)
/// </code>
/// </summary>
internal readonly record struct Opening(ushort Lowest, ushort Highest, LinkPurpose Purpose)
{
    public const int SizeBytes = 6 + NonceBytes;

    private const int NonceBytes = 32;

    public void Write(Span<byte> target, ReadOnlySpan<byte> nonce)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, Lowest);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], Highest);
        target[4] = (byte)Purpose;
        target[5] = 0;
        nonce[..NonceBytes].CopyTo(target[6..]);
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out Opening opening)
    {
        opening = default;
        if (payload.Length < SizeBytes)
            return false;
        opening = new Opening(
            BinaryPrimitives.ReadUInt16LittleEndian(payload),
            BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]),
            (LinkPurpose)payload[4]);
        return opening.Lowest > 0 && opening.Lowest <= opening.Highest && Enum.IsDefined(opening.Purpose);
    }

    /// <summary>The highest version that both speak; 0: none.</summary>
    public ushort CommonWith(Opening other)
    {
        ushort highest = Math.Min(Highest, other.Highest);
        return highest >= Math.Max(Lowest, other.Lowest) ? highest : (ushort)0;
    }

    public string Versions => Lowest == Highest ? $"version {Lowest}" : $"versions {Lowest} to {Highest}";
}
