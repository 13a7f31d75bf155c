using System.Buffers.Binary;
using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Reads the items of a chunk (<see cref="SnapshotContent"/>), one after the other.</summary>
internal struct SnapshotItems
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private int _offset;

    /// <param name="bytes">Of the chunk; entries refer to them.</param>
    /// <param name="isFirst">Of the snapshot: it begins with the version.</param>
    public SnapshotItems(ReadOnlyMemory<byte> bytes, bool isFirst)
    {
        _bytes = bytes;
        IsSound = !isFirst || (!bytes.IsEmpty && bytes.Span[0] == SnapshotContent.Version);
        _offset = isFirst ? 1 : 0;
    }

    /// <summary>False: it is another version's, or no such content.</summary>
    public bool IsSound { get; private set; }

    /// <summary>The next item; false at the end, and where it is not sound.</summary>
    /// <param name="entry">A live one; without index: none.</param>
    /// <param name="gone">Else one of an earlier chunk that is live no more.</param>
    public bool TryNext(out RaftEntry entry, out LogIndex gone)
    {
        (entry, gone) = (default, default);
        if (!IsSound || _offset == _bytes.Length)
            return false;
        ReadOnlyMemory<byte> rest = _bytes[_offset..];
        if (rest.Span[0] == SnapshotContent.GoneKind && rest.Length >= SnapshotContent.GoneBytes)
        {
            gone = new LogIndex(BinaryPrimitives.ReadInt64LittleEndian(rest.Span[1..]));
            _offset += SnapshotContent.GoneBytes;
            return IsSound = gone.Value > 0;
        }
        if (rest.Span[0] != SnapshotContent.EntryKind || !TryReadEntry(rest, out entry))
            return IsSound = false;
        _offset += SnapshotContent.EntryHeadBytes + entry.PayloadBytes;
        return true;
    }

    private static bool TryReadEntry(ReadOnlyMemory<byte> bytes, out RaftEntry entry)
    {
        entry = default;
        const int HeadBytes = SnapshotContent.EntryHeadBytes;
        if (bytes.Length < HeadBytes)
            return false;
        int metaBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[17..]);
        int bodyBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[19..]);
        long index = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[1..]);
        long term = BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[9..]);
        if (bodyBytes < 0 || metaBytes > bytes.Length - HeadBytes
            || bodyBytes > bytes.Length - HeadBytes - metaBytes || index <= 0 || term < 0)
            return false;
        entry = new RaftEntry
        {
            Index = new LogIndex(index),
            Term = new Term(term),
            Kind = EntryKind.Payload,
            Meta = bytes.Slice(HeadBytes, metaBytes),
            Body = bytes.Slice(HeadBytes + metaBytes, bodyBytes),
            PayloadBytes = metaBytes + bodyBytes,
        };
        return true;
    }
}
