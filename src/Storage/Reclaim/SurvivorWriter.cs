using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Reclaim;

/// <summary>
/// Writes a segment of survivors: records that keep their LSNs, marked as copies, in rounds like the log's. The segment
/// counts for nothing until the roster names it.
/// </summary>
internal sealed class SurvivorWriter
{
    private const int RoundBytes = 1024 * 1024;

    private readonly Segment _segment;
    private readonly Round _round = new();
    private readonly Lsn _durable;
    private long _rounds;

    public SurvivorWriter(NodeLog log, int allocateBytes)
    {
        var header = new SegmentHeader(log.TakeSegmentId(), log.Boot, SegmentKind.Survivors, 0, 0);
        _segment = SegmentFiles.Create(log.Disk, header, allocateBytes, log.Segments);
        _durable = log.DurableLsn;
        Open(SegmentHeader.SizeBytes);
    }

    public Segment Segment => _segment;

    /// <summary>Copies a record, its parts as they were read.</summary>
    public Position Add(in RecordHeader original, ReadOnlySpan<byte> head, byte[] body)
    {
        RecordHeader header = original;
        header.Flags |= RecordFlags.Survivor;
        if (_round.LengthBytes > RoundBytes)
            WriteRound();
        return _round.AddCopy(header, head, body);
    }

    /// <summary>
    /// Copies of a record that is dead itself what it overrules, and nothing that could come back to life.
    /// </summary>
    public void AddOverruling(in RecordHeader original, ReadOnlySpan<byte> head)
    {
        RecordHeader header = original;
        // Without its meta it is no state any more.
        if (header.Kind == RecordKind.State)
            header.Kind = RecordKind.Release;
        header.Flags = RecordFlags.None;
        header.MetaBytes = 0;
        header.BodyBytes = 0;
        header.BodyCrc = Crc32C.Of([]);
        byte[] bare = new byte[header.HeadBytes];
        head.Slice(original.ReleasesAt, original.ReleaseBytes).CopyTo(bare.AsSpan(header.ReleasesAt));
        Add(header, bare, []);
    }

    /// <summary>Makes everything durable.</summary>
    public RosterLine Finish()
    {
        WriteRound();
        _segment.File.Sync();
        return _segment.Line(_segment.End);
    }

    private void Open(uint start) => _round.Open(++_rounds, _segment.Id, _segment.Salt, start, null);

    private void WriteRound()
    {
        if (_round.Records == 0)
            return;
        _segment.File.Write(_round.Start, _round.Seal(_durable));
        _segment.End = checked((uint)_round.End);
        uint next = RoundHeader.Align(_round.End);
        _round.Reset();
        Open(next);
    }
}
