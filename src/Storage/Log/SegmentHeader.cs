using System.Buffers.Binary;
using System.Numerics;

namespace Warren.Storage.Log;

/// <summary>
/// The first 512 bytes of a segment, little-endian; durable before anything is written behind them:
/// <code>
///  0 crc | 4 "WSEG" | 8 version (4) | 12 segment (4) | 16 boot | 24 kind (4) | 28 previous (4)
/// 32 previous end | 40 file bytes (4) | 44 zeros
/// </code>
/// Previous: the segment of the log before this one, 0 if there is none, and where its last whole round ended: nothing
/// behind that counts, whatever a later reading finds there. File bytes: how long the file was when the segment was
/// made, of one of the log; it never gets shorter while the segment is written. 0: it is not known.
/// </summary>
internal readonly record struct SegmentHeader(
    uint Segment, long Boot, SegmentKind Kind, uint Previous, uint PreviousEnd)
{
    public const int SizeBytes = 512;

    public uint FileBytes { get; init; }

    public const int Version = 1;

    private const uint Magic = 0x47455357;

    /// <summary>What makes the checksums of this use of this file differ from those of every other.</summary>
    public ulong Salt => SaltOf(Segment, Boot);

    public static ulong SaltOf(uint segment, long boot) =>
        Planted.Is(PlantedBug.StaleRecordsAccepted) ? 0 : BitOperations.RotateLeft((ulong)boot, 32) ^ segment;

    public void Write(Span<byte> output)
    {
        output[..SizeBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(output[4..], Magic);
        BinaryPrimitives.WriteInt32LittleEndian(output[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(output[12..], Segment);
        BinaryPrimitives.WriteInt64LittleEndian(output[16..], Boot);
        BinaryPrimitives.WriteInt32LittleEndian(output[24..], (int)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(output[28..], Previous);
        BinaryPrimitives.WriteInt64LittleEndian(output[32..], PreviousEnd);
        BinaryPrimitives.WriteUInt32LittleEndian(output[40..], FileBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(output, Crc32C.Of(output[4..SizeBytes]));
    }

    /// <summary>Whether it is a header, of whichever segment and version.</summary>
    public static bool IsSound(ReadOnlySpan<byte> input) =>
        input.Length >= SizeBytes && BinaryPrimitives.ReadUInt32LittleEndian(input[4..]) == Magic
        && BinaryPrimitives.ReadUInt32LittleEndian(input) == Crc32C.Of(input[4..SizeBytes]);

    /// <summary>The boot that a header names, sound or not.</summary>
    public static long BootOf(ReadOnlySpan<byte> input) => BinaryPrimitives.ReadInt64LittleEndian(input[16..]);

    /// <exception cref="StorageVersionException">It is sound, and of a version that this node does not
    /// know.</exception>
    public static bool TryRead(ReadOnlySpan<byte> input, uint segment, out SegmentHeader header)
    {
        header = default;
        if (!IsSound(input))
            return false;
        int version = BinaryPrimitives.ReadInt32LittleEndian(input[8..]);
        if (version != Version)
            throw new StorageVersionException(SegmentName.PathOf(segment), version, Version);
        header = new SegmentHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(input[12..]),
            BinaryPrimitives.ReadInt64LittleEndian(input[16..]),
            (SegmentKind)BinaryPrimitives.ReadInt32LittleEndian(input[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(input[28..]),
            (uint)BinaryPrimitives.ReadInt64LittleEndian(input[32..]))
        {
            FileBytes = BinaryPrimitives.ReadUInt32LittleEndian(input[40..]),
        };
        // A recycled file that was renamed before its header was written again carries the old one.
        return header.Segment == segment;
    }
}
