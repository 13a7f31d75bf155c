using System.Buffers.Binary;

namespace Warren.Storage.Log;

/// <summary>Writes the part of a record before its body, without the checksum.</summary>
internal static class RecordText
{
    public static void Write(
        Span<byte> head, in RecordHeader header, long sharedBody, ReadOnlySpan<IndexRange> releases,
        ReadOnlySpan<byte> meta)
    {
        header.Write(head);
        if (header.Flags.HasFlag(RecordFlags.SharedBody))
            BinaryPrimitives.WriteInt64LittleEndian(head[RecordHeader.SizeBytes..], sharedBody);
        Span<byte> rest = head[header.ReleasesAt..];
        foreach (IndexRange range in releases)
        {
            RecordHeader.WriteRange(rest, range);
            rest = rest[RecordHeader.RangeBytes..];
        }
        meta.CopyTo(rest);
    }
}
