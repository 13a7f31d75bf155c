using System.Buffers.Binary;

namespace Warren.Storage.Log;

/// <summary>
/// The fixed part of a record, 56 bytes, little-endian, and the sizes of what follows it:
/// <code>
///  0 header crc | 4 body crc | 8 kind | 9 flags | 10 meta bytes (2) | 12 body bytes | 16 release bytes | 20 zero
/// 24 LSN | 32 group | 40 index | 48 term | 56 [LSN of the shared body] [releases] [meta] [body]
/// </code>
/// The header's checksum covers all but the body, seeded with segment, boot and offset; the body's covers the body.
/// </summary>
internal struct RecordHeader
{
    public const int SizeBytes = 56;

    /// <summary>A range of released indexes: first and last.</summary>
    public const int RangeBytes = 16;

    public const int MostMetaBytes = ushort.MaxValue;

    public uint BodyCrc;
    public RecordKind Kind;
    public RecordFlags Flags;
    public ushort MetaBytes;
    public int BodyBytes;
    public int ReleaseBytes;
    public Lsn Lsn;
    public GroupId Group;
    public LogIndex Index;
    public Term Term;

    /// <summary>Everything before the body.</summary>
    public readonly int HeadBytes =>
        SizeBytes + (Flags.HasFlag(RecordFlags.SharedBody) ? sizeof(long) : 0) + ReleaseBytes + MetaBytes;

    public readonly int RecordBytes => HeadBytes + BodyBytes;

    /// <summary>Where the releases begin, from the record's start.</summary>
    public readonly int ReleasesAt => HeadBytes - ReleaseBytes - MetaBytes;

    /// <summary>Writes the fixed part, without its checksum.</summary>
    public readonly void Write(Span<byte> output)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output[4..], BodyCrc);
        output[8] = (byte)Kind;
        output[9] = (byte)Flags;
        BinaryPrimitives.WriteUInt16LittleEndian(output[10..], MetaBytes);
        BinaryPrimitives.WriteInt32LittleEndian(output[12..], BodyBytes);
        BinaryPrimitives.WriteInt32LittleEndian(output[16..], ReleaseBytes);
        BinaryPrimitives.WriteInt32LittleEndian(output[20..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(output[24..], Lsn.Value);
        BinaryPrimitives.WriteInt64LittleEndian(output[32..], Group.Value);
        BinaryPrimitives.WriteInt64LittleEndian(output[40..], Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(output[48..], Term.Value);
    }

    /// <summary>Closes the part before the body: its checksum, for where it will lie.</summary>
    public static void Seal(Span<byte> head, ulong salt, uint offset) =>
        BinaryPrimitives.WriteUInt32LittleEndian(head, Crc32C.At(salt, offset, head[4..]));

    /// <summary>
    /// Reads the fixed part; false if its sizes cannot be. The checksum is for <see cref="IsSound"/>.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> input, out RecordHeader header)
    {
        header = default;
        if (input.Length < SizeBytes)
            return false;
        header.BodyCrc = BinaryPrimitives.ReadUInt32LittleEndian(input[4..]);
        header.Kind = (RecordKind)input[8];
        header.Flags = (RecordFlags)input[9];
        header.MetaBytes = BinaryPrimitives.ReadUInt16LittleEndian(input[10..]);
        header.BodyBytes = BinaryPrimitives.ReadInt32LittleEndian(input[12..]);
        header.ReleaseBytes = BinaryPrimitives.ReadInt32LittleEndian(input[16..]);
        header.Lsn = new Lsn(BinaryPrimitives.ReadInt64LittleEndian(input[24..]));
        header.Group = new GroupId(BinaryPrimitives.ReadInt64LittleEndian(input[32..]));
        header.Index = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(input[40..]));
        header.Term = new Term(BinaryPrimitives.ReadInt64LittleEndian(input[48..]));
        return header.Kind is >= RecordKind.Entry and <= RecordKind.Release
            && header.BodyBytes >= 0
            && header.ReleaseBytes >= 0 && header.ReleaseBytes % RangeBytes == 0
            && (long)header.HeadBytes + header.BodyBytes <= int.MaxValue;
    }

    /// <summary>Whether the part before the body is what was written at this place.</summary>
    public static bool IsSound(ReadOnlySpan<byte> head, ulong salt, uint offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(head) == Crc32C.At(salt, offset, head[4..]);

    public static long SharedBodyOf(ReadOnlySpan<byte> head) =>
        BinaryPrimitives.ReadInt64LittleEndian(head[SizeBytes..]);

    public static void WriteRange(Span<byte> output, IndexRange range)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output, range.First.Value);
        BinaryPrimitives.WriteInt64LittleEndian(output[8..], range.Last.Value);
    }

    public static IndexRange ReadRange(ReadOnlySpan<byte> input) => new(
        new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(input)),
        new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(input[8..])));
}
