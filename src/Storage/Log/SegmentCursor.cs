using System.Buffers;
using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>
/// Reads the records of a segment in order, up to where it ends, without the bodies but those of rosters. What is
/// damaged is passed over and told: a round whose header does not pass costs everything up to the next that does, a
/// record whose head does not pass costs the rest of its round, a roster whose body does not pass counts as empty.
/// </summary>
internal sealed class SegmentCursor : IDisposable
{
    // Stays in a processor's cache: the bodies, which nobody looks at, are read into it as well.
    private const int BufferBytes = 128 * 1024;

    private readonly Segment _segment;
    private readonly uint _end;
    private readonly Lsn _after;
    private readonly Action<SegmentDamage> _damaged;
    private byte[] _buffer = [];
    private long _bufferStart;
    private int _bufferCount;
    private long _at;
    private long _roundEnd;
    private RecordHeader _header;
    private int _headAt;
    private bool _hasBody;
    private string? _refusal;

    /// <param name="segment">What to read.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="after">Rounds that end at or below this are passed over by their headers.</param>
    /// <param name="damaged">Called for each run of bytes that should be records and is not.</param>
    public SegmentCursor(Segment segment, uint end, Lsn after, Action<SegmentDamage> damaged)
    {
        _segment = segment;
        _end = end;
        _after = after;
        _damaged = damaged;
        _at = _roundEnd = SegmentHeader.SizeBytes;
    }

    /// <summary>Of the current record.</summary>
    public Lsn Lsn => _header.Lsn;

    public SegmentKind Kind => _segment.Kind;

    public Position Position => new(_segment.Id, (uint)_at);

    /// <summary>The record that <see cref="MoveNext"/> found; valid until it is called again.</summary>
    public RecordView Current
    {
        get
        {
            ReadOnlySpan<byte> body = default;
            if (_hasBody && Fill(_at, _header.RecordBytes))
                body = _buffer.AsSpan(_headAt + _header.HeadBytes, _header.BodyBytes);
            return new RecordView(_header, Position, _buffer.AsSpan(_headAt, _header.HeadBytes), body);
        }
    }

    public bool MoveNext()
    {
        if (_header.Kind != 0)
            _at += _header.RecordBytes;
        _header = default;
        while (true)
        {
            if (_at >= _roundEnd && !NextRound())
                return false;
            if (TryReadHead())
            {
                _hasBody = WantsBody(_header) && IsBodySound(_header);
                if (WantsBody(_header) && !_hasBody)
                    Tell(_at, _at + _header.RecordBytes);
                return true;
            }
            Tell(_at, _roundEnd);
            _at = _roundEnd;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool NextRound()
    {
        long from = RoundHeader.Align(_roundEnd);
        for (long at = from; at < _end; at += RoundHeader.AlignmentBytes)
        {
            if (!Fill(at, RoundHeader.SizeBytes)
                || !RoundHeader.TryRead(_buffer.AsSpan(_headAt), _segment.Salt, (uint)at, out RoundHeader round)
                || at + RoundHeader.SizeBytes + round.PayloadBytes > _end)
                continue;
            if (at > from)
                Tell(from, at);
            _roundEnd = at + RoundHeader.SizeBytes + round.PayloadBytes;
            if (round.Last <= _after)
            {
                from = RoundHeader.Align(_roundEnd);
                at = from - RoundHeader.AlignmentBytes;
                continue;
            }
            _at = at + RoundHeader.SizeBytes;
            return true;
        }
        if (from < _end)
            Tell(from, _end);
        return false;
    }

    private void Tell(long from, long to)
    {
        _damaged(new SegmentDamage(_segment.Id, (uint)from, (uint)to) { Cause = _refusal });
        _refusal = null;
    }

    private bool TryReadHead()
    {
        long left = _roundEnd - _at;
        if (left < RecordHeader.SizeBytes || !Fill(_at, RecordHeader.SizeBytes)
            || !RecordHeader.TryRead(_buffer.AsSpan(_headAt), out RecordHeader header)
            || header.RecordBytes > left || !Fill(_at, header.HeadBytes)
            || !RecordHeader.IsSound(_buffer.AsSpan(_headAt, header.HeadBytes), _segment.Salt, (uint)_at))
            return false;
        _header = header;
        return true;
    }

    private static bool WantsBody(in RecordHeader header) =>
        header.Kind is RecordKind.Roster or RecordKind.RosterChange;

    private bool IsBodySound(in RecordHeader header) =>
        Fill(_at, header.RecordBytes)
        && header.BodyCrc == Crc32C.Of(_buffer.AsSpan(_headAt + header.HeadBytes, header.BodyBytes));

    private void Grow(int count)
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(count, BufferBytes));
    }

    // Makes these bytes lie in the buffer at _headAt; false if the file ends before.
    private bool Fill(long offset, int count)
    {
        if (offset < _bufferStart || offset + count > _bufferStart + _bufferCount)
        {
            if (count > _buffer.Length)
                Grow(count);
            _bufferStart = offset;
            int wanted = (int)Math.Min(_buffer.Length, Math.Max(count, _end - offset));
            _bufferCount = _segment.File.Salvage(offset, _buffer.AsSpan(0, wanted), ref _refusal);
        }
        _headAt = (int)(offset - _bufferStart);
        return _bufferCount - _headAt >= count;
    }
}
