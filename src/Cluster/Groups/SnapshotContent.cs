using System.Buffers.Binary;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// The live set of a group as the content of a snapshot (docs/formats/raft.md): chunks of whole items, little-endian.
/// </summary>
internal static class SnapshotContent
{
    /// <summary>Raised when a member of another version could not read what is written.</summary>
    public const byte Version = 1;

    private const byte EntryKind = 1;
    private const byte GoneKind = 2;
    private const int EntryHeadBytes = 1 + 8 + 8 + 2 + 4;
    private const int GoneBytes = 1 + 8;

    /// <param name="isFirst">Of the snapshot: it begins with the version.</param>
    /// <param name="entries">By rising index, behind those of the chunks before.</param>
    /// <param name="gone">Entries of earlier chunks that are live no more.</param>
    public static byte[] Write(bool isFirst, IReadOnlyList<RaftEntry> entries, IReadOnlyList<LogIndex> gone)
    {
        int size = (isFirst ? 1 : 0) + gone.Count * GoneBytes;
        foreach (RaftEntry entry in entries)
            size += EntryHeadBytes + entry.PayloadBytes;
        byte[] bytes = new byte[size];
        int offset = 0;
        if (isFirst)
            bytes[offset++] = Version;
        foreach (RaftEntry entry in entries)
            offset += WriteEntry(entry, bytes.AsSpan(offset));
        foreach (LogIndex index in gone)
        {
            bytes[offset] = GoneKind;
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset + 1), index.Value);
            offset += GoneBytes;
        }
        return bytes;
    }

    /// <summary>
    /// Adds what a chunk has to what came before; false if it is another version's, or no such content.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, bool isFirst, SortedDictionary<long, RaftEntry> entries)
    {
        int offset = 0;
        if (isFirst && (bytes.IsEmpty || bytes.Span[offset++] != Version))
            return false;
        while (offset < bytes.Length)
        {
            ReadOnlyMemory<byte> rest = bytes[offset..];
            if (rest.Span[0] == GoneKind && rest.Length >= GoneBytes)
            {
                entries.Remove(BinaryPrimitives.ReadInt64LittleEndian(rest.Span[1..]));
                offset += GoneBytes;
                continue;
            }
            if (rest.Span[0] != EntryKind || !TryReadEntry(rest, out RaftEntry entry)
                || !entries.TryAdd(entry.Index.Value, entry))
                return false;
            offset += EntryHeadBytes + entry.PayloadBytes;
        }
        return true;
    }

    private static int WriteEntry(in RaftEntry entry, Span<byte> bytes)
    {
        bytes[0] = EntryKind;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[1..], entry.Index.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[9..], entry.Term.Value);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[17..], (ushort)entry.Meta.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[19..], entry.Body.Length);
        entry.Meta.Span.CopyTo(bytes[EntryHeadBytes..]);
        entry.Body.Span.CopyTo(bytes[(EntryHeadBytes + entry.Meta.Length)..]);
        return EntryHeadBytes + entry.PayloadBytes;
    }

    private static bool TryReadEntry(ReadOnlyMemory<byte> bytes, out RaftEntry entry)
    {
        entry = default;
        if (bytes.Length < EntryHeadBytes)
            return false;
        int metaBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[17..]);
        int bodyBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[19..]);
        long index = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[1..]);
        long term = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[9..]);
        if (bodyBytes < 0 || metaBytes > bytes.Length - EntryHeadBytes
            || bodyBytes > bytes.Length - EntryHeadBytes - metaBytes || index <= 0 || term < 0)
            return false;
        entry = new RaftEntry
        {
            Index = new LogIndex(index),
            Term = new Term(term),
            Kind = Consensus.EntryKind.Payload,
            Meta = bytes.Slice(EntryHeadBytes, metaBytes),
            Body = bytes.Slice(EntryHeadBytes + metaBytes, bodyBytes),
            PayloadBytes = metaBytes + bodyBytes,
        };
        return true;
    }
}
