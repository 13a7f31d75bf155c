using System.Buffers;

namespace Warren.Cluster.Links;

/// <summary>The bytes that came on one link and are no whole frame yet. For the reader loop alone.</summary>
internal sealed class LinkInput(ulong salt)
{
    private const int BufferBytes = 2 * LinkFrame.MostFrameBytes;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;
    private uint _number;

    /// <summary>Where the next bytes go; never empty, since a whole frame fits and whole frames are taken.</summary>
    public Memory<byte> Room()
    {
        if (_start == _end)
            _start = _end = 0;
        else if (_bytes.Length - _start < LinkFrame.MostFrameBytes || _end == _bytes.Length)
        {
            Buffer.BlockCopy(_bytes, _start, _bytes, 0, _end - _start);
            _end -= _start;
            _start = 0;
        }
        return _bytes.AsMemory(_end);
    }

    public void Commit(int count) => _end += count;

    /// <summary>Takes the next frame; its body is valid until the next <see cref="Room"/>.</summary>
    public LinkFrameStatus TryTake(out LinkFrameHeader header, out ReadOnlySpan<byte> body)
    {
        body = default;
        ReadOnlySpan<byte> unread = _bytes.AsSpan(_start, _end - _start);
        LinkFrameStatus status = LinkFrame.TryRead(unread, salt, _number, out header);
        if (status != LinkFrameStatus.Complete)
            return status;
        body = unread.Slice(LinkFrame.HeaderBytes, header.BodyBytes);
        _start += header.SizeBytes;
        _number++;
        return status;
    }

    public void Release()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _start = _end = 0;
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
