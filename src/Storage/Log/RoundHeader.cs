using System.Buffers.Binary;

namespace Warren.Storage.Log;

/// <summary>
/// What stands before the records of one round, 64 bytes at a multiple of 512, little-endian:
/// <code>
///  0 crc | 4 "WRND" | 8 payload bytes (8) | 16 first LSN | 24 last LSN | 32 durable LSN | 40 records (4) | 44 zeros
/// </code>
/// The durable LSN is the last that was on stable storage when the round was written: whatever is missing at or below
/// it is damage, what is missing above it a torn tail.
/// </summary>
internal readonly record struct RoundHeader(
    long PayloadBytes, Lsn First, Lsn Last, Lsn Durable, int Records)
{
    public const int SizeBytes = 64;

    /// <summary>Rounds start on sectors: no sector that is durable is ever written again.</summary>
    public const int AlignmentBytes = 512;

    private const uint Magic = 0x444E5257;

    public static uint Align(long offset) => (uint)((offset + AlignmentBytes - 1) / AlignmentBytes * AlignmentBytes);

    public void Write(Span<byte> output, ulong salt, uint offset)
    {
        output[..SizeBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(output[4..], Magic);
        BinaryPrimitives.WriteInt64LittleEndian(output[8..], PayloadBytes);
        BinaryPrimitives.WriteInt64LittleEndian(output[16..], First.Value);
        BinaryPrimitives.WriteInt64LittleEndian(output[24..], Last.Value);
        BinaryPrimitives.WriteInt64LittleEndian(output[32..], Durable.Value);
        BinaryPrimitives.WriteInt32LittleEndian(output[40..], Records);
        BinaryPrimitives.WriteUInt32LittleEndian(output, Crc32C.At(salt, offset, output[4..SizeBytes]));
    }

    public static bool TryRead(ReadOnlySpan<byte> input, ulong salt, uint offset, out RoundHeader header)
    {
        header = default;
        if (input.Length < SizeBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(input[4..]) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(input) != Crc32C.At(salt, offset, input[4..SizeBytes]))
            return false;
        header = new RoundHeader(
            BinaryPrimitives.ReadInt64LittleEndian(input[8..]),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(input[16..])),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(input[24..])),
            new Lsn(BinaryPrimitives.ReadInt64LittleEndian(input[32..])),
            BinaryPrimitives.ReadInt32LittleEndian(input[40..]));
        return true;
    }
}
