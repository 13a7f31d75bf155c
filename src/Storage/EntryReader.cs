using System.Buffers;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage;

/// <summary>
/// Reads the bodies of entries by position, with a buffer that reads ahead, so that a backlog in order costs large
/// sequential reads; large ones straight to where they are wanted. For one thread at a time. What does not pass its
/// checksum, or is another entry than expected, is never given out.
/// </summary>
public sealed class EntryReader : IDisposable
{
    /// <summary>Bodies from this size on are better read by <see cref="ReadInto(SharedBody, Span{byte})"/>.</summary>
    public const int LargeBytes = ReadAheadBytes / 2;

    private const int ReadAheadBytes = 256 * 1024;

    private readonly NodeLog _log;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadAheadBytes);
    private uint _segment;
    private long _start;
    private int _count;
    private bool _wasRefused;

    internal EntryReader(NodeLog log) => _log = log;

    /// <summary>
    /// Reads a durable entry with a body of its own; <paramref name="recordBytes"/> is what it is expected to take,
    /// meta and body and <see cref="EntryOverheadBytes"/>. What is read is valid until the next call.
    /// </summary>
    public ReadOutcome Read(
        GroupId group, LogIndex index, Position position, int recordBytes,
        out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body) =>
        Read(group, index, position, recordBytes, out _, out meta, out body);

    /// <summary>As the other, and says the term that the entry was appended with.</summary>
    public ReadOutcome Read(
        GroupId group, LogIndex index, Position position, int recordBytes,
        out Term term, out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body)
    {
        term = default;
        meta = body = default;
        ReadOutcome outcome = ReadRecord(position, recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record);
        if (outcome != ReadOutcome.Whole)
            return outcome;
        if (header.Kind != RecordKind.Entry || header.Group != group || header.Index != index
            || header.Flags.HasFlag(RecordFlags.SharedBody))
            return ReadOutcome.Gone;
        term = header.Term;
        meta = record[(header.HeadBytes - header.MetaBytes)..header.HeadBytes];
        body = record[header.HeadBytes..];
        return ReadOutcome.Whole;
    }

    /// <summary>Reads a shared body, as an entry.</summary>
    public ReadOutcome Read(SharedBody shared, out ReadOnlySpan<byte> body)
    {
        int recordBytes = RecordHeader.SizeBytes + shared.SizeBytes;
        Position tried;
        ReadOutcome outcome;
        do
        {
            tried = shared.Position;
            outcome = ReadRecord(tried, recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record);
            if (outcome == ReadOutcome.Whole && header.Kind == RecordKind.Body && header.Lsn == shared.Lsn)
            {
                body = record[header.HeadBytes..];
                return ReadOutcome.Whole;
            }
        }
        // It may have been copied, and the old segment removed, meanwhile.
        while (tried != shared.Position);
        body = default;
        return outcome == ReadOutcome.Whole ? ReadOutcome.Gone : outcome;
    }

    /// <summary>
    /// Reads an entry's own body into <paramref name="body"/>, which is as long as it; nothing is copied but what the
    /// reader had already.
    /// </summary>
    public ReadOutcome ReadInto(GroupId group, LogIndex index, Position position, Span<byte> body)
    {
        ReadOutcome outcome = ReadInto(position, body, out RecordHeader header);
        return outcome != ReadOutcome.Whole
            || (header.Kind == RecordKind.Entry && header.Group == group && header.Index == index
                && !header.Flags.HasFlag(RecordFlags.SharedBody))
            ? outcome
            : ReadOutcome.Gone;
    }

    /// <summary>Reads a shared body into <paramref name="body"/>, which is as long as it.</summary>
    public ReadOutcome ReadInto(SharedBody shared, Span<byte> body)
    {
        Position tried;
        ReadOutcome outcome;
        do
        {
            tried = shared.Position;
            outcome = ReadInto(tried, body, out RecordHeader header);
            if (outcome == ReadOutcome.Whole && header.Kind == RecordKind.Body && header.Lsn == shared.Lsn)
                return outcome;
        }
        // It may have been copied, and the old segment removed, meanwhile.
        while (tried != shared.Position);
        return outcome == ReadOutcome.Whole ? ReadOutcome.Gone : outcome;
    }

    /// <summary>
    /// As <see cref="Read(GroupId, LogIndex, Position, int, out ReadOnlySpan{byte}, out ReadOnlySpan{byte})"/>; false
    /// if it is damaged, unreadable or gone.
    /// </summary>
    public bool TryRead(
        GroupId group, LogIndex index, Position position, int recordBytes,
        out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body) =>
        Read(group, index, position, recordBytes, out meta, out body) == ReadOutcome.Whole;

    /// <summary>As <see cref="Read(SharedBody, out ReadOnlySpan{byte})"/>.</summary>
    public bool TryRead(SharedBody shared, out ReadOnlySpan<byte> body) =>
        Read(shared, out body) == ReadOutcome.Whole;

    /// <summary>What a record takes beside meta and body, if it releases nothing.</summary>
    public static int EntryOverheadBytes => RecordHeader.SizeBytes;

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private ReadOutcome ReadRecord(
        Position position, int recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record)
    {
        _wasRefused = false;
        // Looked at first: what becomes durable meanwhile was not there to be read, and is not damaged.
        bool isDurable = _log.Segments.TryGet(position.Segment, out Segment? segment) && position.Offset < segment.End;
        if (TryReadBuffered(position, recordBytes, out header, out record))
            return ReadOutcome.Whole;
        // What was read ahead may have been written since.
        _count = 0;
        if (TryReadBuffered(position, recordBytes, out header, out record))
            return ReadOutcome.Whole;
        if (!isDurable || !_log.Segments.TryGet(position.Segment, out _))
            return ReadOutcome.Gone;
        // All that is worth keeping is moved off such a segment.
        _log.Segments.NoteDamage(position.Segment);
        return _wasRefused ? ReadOutcome.Unreadable : ReadOutcome.Damaged;
    }

    private ReadOutcome ReadInto(Position position, Span<byte> body, out RecordHeader header)
    {
        _wasRefused = false;
        header = default;
        bool isDurable = _log.Segments.TryGet(position.Segment, out Segment? segment) && position.Offset < segment.End;
        if (!isDurable)
            return ReadOutcome.Gone;
        // Twice, as with the buffer: what was read ahead may have been written since, and a disk may refuse once.
        for (int attempt = 0; attempt < 2; attempt++)
        {
            if (TryReadInto(segment!, position.Offset, body, out header))
                return ReadOutcome.Whole;
            _count = 0;
        }
        if (!_log.Segments.TryGet(position.Segment, out _))
            return ReadOutcome.Gone;
        _log.Segments.NoteDamage(position.Segment);
        return _wasRefused ? ReadOutcome.Unreadable : ReadOutcome.Damaged;
    }

    private bool TryReadInto(Segment segment, uint offset, Span<byte> body, out RecordHeader header)
    {
        header = default;
        if (!Fill(segment, offset, RecordHeader.SizeBytes)
            || !RecordHeader.TryRead(Buffered(offset), out header)
            || header.BodyBytes != body.Length
            || !Fill(segment, offset, header.HeadBytes)
            || !RecordHeader.IsSound(Buffered(offset)[..header.HeadBytes], segment.Salt, offset))
            return false;
        ReadOnlySpan<byte> have = Buffered(offset)[header.HeadBytes..];
        have = have[..Math.Min(have.Length, body.Length)];
        have.CopyTo(body);
        return (have.Length == body.Length
                || ReadRest(segment, offset + header.HeadBytes + (long)have.Length, body[have.Length..]))
            && header.BodyCrc == Crc32C.Of(body);
    }

    private ReadOnlySpan<byte> Buffered(uint offset) =>
        _buffer.AsSpan((int)(offset - _start), (int)(_start + _count - offset));

    private bool ReadRest(Segment segment, long offset, Span<byte> rest)
    {
        try
        {
            return segment.File.Read(offset, rest) == rest.Length;
        }
        catch (DiskException)
        {
            _wasRefused = true;
            return false;
        }
    }

    private bool TryReadBuffered(
        Position position, int recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record)
    {
        header = default;
        record = default;
        if (!_log.Segments.TryGet(position.Segment, out Segment? segment)
            || !Fill(segment, position.Offset, Math.Max(recordBytes, RecordHeader.SizeBytes)))
            return false;
        int at = (int)(position.Offset - _start);
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(at, _count - at);
        if (!RecordHeader.TryRead(bytes, out header))
            return false;
        if (header.RecordBytes > bytes.Length)
        {
            if (position.Offset + (long)header.RecordBytes > segment.End
                || !Fill(segment, position.Offset, header.RecordBytes))
                return false;
            bytes = _buffer.AsSpan((int)(position.Offset - _start), header.RecordBytes);
        }
        record = bytes[..header.RecordBytes];
        return RecordHeader.IsSound(record[..header.HeadBytes], segment.Salt, position.Offset)
            && header.BodyCrc == Crc32C.Of(record[header.HeadBytes..]);
    }

    private bool Fill(Segment segment, uint offset, int count)
    {
        if (_segment == segment.Id && offset >= _start && offset + (long)count <= _start + _count)
            return true;
        if (count > _buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(count);
        }
        _segment = segment.Id;
        _start = offset;
        // Not beyond what is durable: what is written there later would be missed.
        int wanted = (int)Math.Min(_buffer.Length, Math.Max(count, (long)segment.End - offset));
        try
        {
            _count = segment.File.Read(offset, _buffer.AsSpan(0, wanted));
        }
        catch (DiskException)
        {
            _count = 0;
            _wasRefused = true;
        }
        return _count >= count;
    }
}
