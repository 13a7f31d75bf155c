using System.Buffers.Binary;

namespace Warren.Storage.Log;

/// <summary>
/// What a roster says of a segment, 24 bytes: segment (4) | kind (4) | boot (8) | end (4) | zero (4).
/// In a change of the roster, kind 0 means that the segment is dropped.
/// </summary>
internal readonly record struct RosterLine(uint Segment, SegmentKind Kind, long Boot, uint End)
{
    public const int SizeBytes = 24;

    public bool IsDropped => Kind == 0;

    public static byte[] Write(IReadOnlyCollection<RosterLine> lines)
    {
        byte[] output = new byte[lines.Count * SizeBytes];
        Span<byte> rest = output;
        foreach (RosterLine line in lines)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, line.Segment);
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], (int)line.Kind);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], line.Boot);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], line.End);
            rest = rest[SizeBytes..];
        }
        return output;
    }

    public static List<RosterLine> Read(ReadOnlySpan<byte> input)
    {
        var lines = new List<RosterLine>(input.Length / SizeBytes);
        for (; input.Length >= SizeBytes; input = input[SizeBytes..])
        {
            lines.Add(new RosterLine(
                BinaryPrimitives.ReadUInt32LittleEndian(input),
                (SegmentKind)BinaryPrimitives.ReadInt32LittleEndian(input[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(input[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(input[16..])));
        }
        return lines;
    }
}
