using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// A mark as a record: <c>index</c> counts the entries that are lost, <c>term</c> is 1 for unsound and 0 for sound, and
/// the releases are the entries that this mark gives up.
/// </summary>
internal static class MarkRecord
{
    public static RecordHeader Header(GroupId group, bool isUnsound, long lostEntries, int rangeCount) => new()
    {
        Kind = RecordKind.Mark,
        Group = group,
        Index = new LogIndex(lostEntries),
        Term = new Term(isUnsound ? 1 : 0),
        ReleaseBytes = rangeCount * RecordHeader.RangeBytes,
        BodyCrc = Crc32C.Of([]),
    };

    public static GroupMark Read(in RecordHeader header, Position position) =>
        new(header.Lsn, position, header.Term.Value != 0, header.Index.Value);
}
