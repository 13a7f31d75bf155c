using System.Buffers;
using Warren.Storage.Disk;

namespace Warren.Storage.Log;

/// <summary>Reads whole records by position, verified, one at a time.</summary>
internal sealed class RecordReader(SegmentTable segments) : IDisposable
{
    private const int FirstReadBytes = 4096;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstReadBytes);
    private RecordHeader _header;
    private string? _refusal;

    /// <summary>The part before the body, of the record that was read last.</summary>
    public ReadOnlySpan<byte> Head => _buffer.AsSpan(0, _header.HeadBytes);

    /// <summary>A copy of its body.</summary>
    public byte[] TakeBody() => _buffer.AsSpan(_header.HeadBytes, _header.BodyBytes).ToArray();

    /// <summary>What the disk said, if it could not read all that was asked for last.</summary>
    public string? Refusal => _refusal;

    public bool TryRead(Position position, out RecordHeader header)
    {
        _header = header = default;
        _refusal = null;
        if (!segments.TryGet(position.Segment, out Segment? segment))
            return false;
        int count = segment.File.Salvage(position.Offset, _buffer.AsSpan(0, FirstReadBytes), ref _refusal);
        if (!RecordHeader.TryRead(_buffer.AsSpan(0, count), out header))
            return false;
        if (header.RecordBytes > FirstReadBytes)
        {
            if (header.RecordBytes > segment.End)
                return false;
            if (_buffer.Length < header.RecordBytes)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(header.RecordBytes);
            }
            count = segment.File.Salvage(
                position.Offset, _buffer.AsSpan(0, header.RecordBytes), ref _refusal);
        }
        if (count < header.RecordBytes)
            return false;
        _header = header;
        return RecordHeader.IsSound(Head, segment.Salt, position.Offset)
            && header.BodyCrc == Crc32C.Of(_buffer.AsSpan(header.HeadBytes, header.BodyBytes));
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
