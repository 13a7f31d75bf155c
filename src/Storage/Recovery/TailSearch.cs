using System.Buffers;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage.Recovery;

/// <summary>
/// Finds where the last segment of the log ends: behind its last whole round. A round is written when the one before it
/// is durable, so that only the last can be torn; a gap with a round behind it is damage.
/// </summary>
internal static class TailSearch
{
    public static Tail Find(Segment segment, Action<SegmentDamage> damaged)
    {
        long length = Math.Min(segment.File.LengthBytes, uint.MaxValue);
        byte[] bytes = new byte[RoundHeader.SizeBytes];
        var before = new Tail(SegmentHeader.SizeBytes, SegmentHeader.SizeBytes, default);
        (uint Start, RoundHeader Header)? newest = null;
        uint? gap = null;
        string? refusal = null;
        for (long at = SegmentHeader.SizeBytes; at < length;)
        {
            uint offset = (uint)at;
            if (segment.File.Salvage(at, bytes, ref refusal) != bytes.Length
                || !RoundHeader.TryRead(bytes, segment.Salt, offset, out RoundHeader round)
                || at + RoundHeader.SizeBytes + round.PayloadBytes > length)
            {
                gap ??= offset;
                at += RoundHeader.AlignmentBytes;
                continue;
            }
            if (gap is { } from)
                damaged(new SegmentDamage(segment.Id, from, offset) { Cause = refusal });
            (gap, refusal) = (null, null);
            if (newest is { } durable)
                before = TailOf(durable.Start, durable.Header);
            newest = (offset, round);
            at = RoundHeader.Align(EndOf(offset, round));
        }
        // A torn round can be read, and so can what was never written: this is damage, and may have been durable.
        if (refusal is not null)
            damaged(new SegmentDamage(segment.Id, gap!.Value, checked((uint)length)) { Cause = refusal });
        refusal = null;
        if (newest is not { } last)
            return before;
        if (Planted.Is(PlantedBug.ChecksumSkipped) || IsWhole(segment, last.Start, last.Header, ref refusal))
            return TailOf(last.Start, last.Header);
        if (refusal is not null)
            damaged(new SegmentDamage(segment.Id, last.Start, EndOf(last.Start, last.Header)) { Cause = refusal });
        return before;
    }

    private static Tail TailOf(uint start, in RoundHeader round) => new(start, EndOf(start, round), round.Last);

    private static uint EndOf(uint start, in RoundHeader round) =>
        checked((uint)(start + RoundHeader.SizeBytes + round.PayloadBytes));

    private static bool IsWhole(Segment segment, uint start, in RoundHeader round, ref string? refusal)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(checked((int)round.PayloadBytes));
        try
        {
            Span<byte> payload = bytes.AsSpan(0, (int)round.PayloadBytes);
            uint offset = start + RoundHeader.SizeBytes;
            if (segment.File.Salvage(offset, payload, ref refusal) != payload.Length)
                return false;
            int records = 0;
            for (; !payload.IsEmpty; records++)
            {
                if (!RecordHeader.TryRead(payload, out RecordHeader header) || header.RecordBytes > payload.Length
                    || !RecordHeader.IsSound(payload[..header.HeadBytes], segment.Salt, offset)
                    || header.BodyCrc != Crc32C.Of(payload[header.HeadBytes..header.RecordBytes]))
                    return false;
                payload = payload[header.RecordBytes..];
                offset += (uint)header.RecordBytes;
            }
            return records == round.Records;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
