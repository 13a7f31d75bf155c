using System.Buffers;
using Warren.Storage.Disk;
using Warren.Storage.Log;

namespace Warren.Storage;

/// <summary>
/// Reads the bodies of entries by position, with a buffer that reads ahead, so that a backlog in order costs large
/// sequential reads. For one thread at a time. What does not pass its checksum, or is another entry than expected, is
/// never given out.
/// </summary>
public sealed class EntryReader : IDisposable
{
    private const int ReadAheadBytes = 256 * 1024;

    private readonly NodeLog _log;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ReadAheadBytes);
    private uint _segment;
    private long _start;
    private int _count;

    internal EntryReader(NodeLog log) => _log = log;

    /// <summary>
    /// Reads a durable entry with a body of its own; <paramref name="recordBytes"/> is what it is expected to take,
    /// meta and body and <see cref="EntryOverheadBytes"/>. Valid until the next call; false if it is damaged or gone.
    /// </summary>
    public bool TryRead(
        GroupId group, LogIndex index, Position position, int recordBytes,
        out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body)
    {
        meta = body = default;
        if (!TryReadRecord(position, recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record)
            || header.Kind != RecordKind.Entry || header.Group != group || header.Index != index
            || header.Flags.HasFlag(RecordFlags.SharedBody))
            return false;
        meta = record[(header.HeadBytes - header.MetaBytes)..header.HeadBytes];
        body = record[header.HeadBytes..];
        return true;
    }

    /// <summary>Reads a shared body, as <see cref="TryRead"/>.</summary>
    public bool TryRead(SharedBody shared, out ReadOnlySpan<byte> body)
    {
        body = default;
        int recordBytes = RecordHeader.SizeBytes + shared.SizeBytes;
        Position tried;
        do
        {
            tried = shared.Position;
            if (TryReadRecord(tried, recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record)
                && header.Kind == RecordKind.Body && header.Lsn == shared.Lsn)
            {
                body = record[header.HeadBytes..];
                return true;
            }
        }
        // It may have been copied, and the old segment removed, meanwhile.
        while (tried != shared.Position);
        return false;
    }

    /// <summary>What a record takes beside meta and body, if it releases nothing.</summary>
    public static int EntryOverheadBytes => RecordHeader.SizeBytes;

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool TryReadRecord(
        Position position, int recordBytes, out RecordHeader header, out ReadOnlySpan<byte> record)
    {
        if (TryReadBuffered(position, recordBytes, out header, out record))
            return true;
        // What was read ahead may have been written since.
        _count = 0;
        return TryReadBuffered(position, recordBytes, out header, out record);
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
            if (!Fill(segment, position.Offset, header.RecordBytes))
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
            // Not readable is as good as damaged; the caller says what it means.
            _count = 0;
        }
        return _count >= count;
    }
}
