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

    public const byte EntryKind = 1;
    public const byte GoneKind = 2;
    public const int EntryHeadBytes = 1 + 8 + 8 + 2 + 4;
    public const int GoneBytes = 1 + 8;

    /// <param name="isFirst">Of the snapshot: it begins with the version.</param>
    /// <param name="entries">By rising index, behind those of the chunks before.</param>
    /// <param name="gone">Entries of earlier chunks that are live no more.</param>
    /// <param name="buffer">Where it is written; a larger one takes its place if it does not fit.</param>
    /// <returns>What was written, valid as long as nothing else is written there.</returns>
    public static ReadOnlyMemory<byte> Write(
        bool isFirst, IReadOnlyList<RaftEntry> entries, IReadOnlyList<LogIndex> gone, ref byte[] buffer)
    {
        int size = (isFirst ? 1 : 0) + gone.Count * GoneBytes;
        foreach (RaftEntry entry in entries)
            size += EntryHeadBytes + entry.PayloadBytes;
        if (buffer.Length < size)
            buffer = GC.AllocateUninitializedArray<byte>(size + size / 8);
        byte[] bytes = buffer;
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
        return bytes.AsMemory(0, size);
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
}
