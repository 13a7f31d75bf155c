namespace Warren.Storage.Disk;

/// <summary>
/// The bytes of a file in memory, in pages that copies share until one of them writes. Pages that nobody wrote take no
/// memory and read as zeros. For one thread at a time; copies may be used by others, since nobody writes to what is
/// shared.
/// Invariant: all behind the length is zero.
/// </summary>
internal sealed class PagedBytes
{
    private const int PageBytes = 1024;
    private const int PagesPerChunk = 128;
    private const long ChunkBytes = PageBytes * PagesPerChunk;

    private Chunk?[] _chunks = [];

    /// <summary>Chunks and pages that bear this mark are this file's alone.</summary>
    private object _owner = new();

    public long Length { get; private set; }

    /// <summary>A file of the same bytes, at the cost of a reference per 128 KiB.</summary>
    public PagedBytes Clone()
    {
        // From now on nothing is anyone's alone.
        _owner = new object();
        return new PagedBytes { _chunks = (Chunk?[])_chunks.Clone(), Length = Length };
    }

    /// <summary>Reads up to the buffer's size; less only at the end.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        var count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var inPage = (int)((offset + done) % PageBytes);
            var part = buffer.Slice(done, Math.Min(PageBytes - inPage, count - done));
            if (FindPage(offset + done) is { } page)
                page.AsSpan(inPage, part.Length).CopyTo(part);
            else
                part.Clear();
            done += part.Length;
        }
        return count;
    }

    /// <summary>Writes, and grows to the end of what is written.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var inPage = (int)((offset + done) % PageBytes);
            var part = bytes.Slice(done, Math.Min(PageBytes - inPage, bytes.Length - done));
            part.CopyTo(OwnPage(offset + done).AsSpan(inPage));
            done += part.Length;
        }
        if (bytes.Length > 0)
            Length = Math.Max(Length, offset + bytes.Length);
    }

    /// <summary>Cuts, or grows by zeros.</summary>
    public void SetLength(long length)
    {
        if (length < Length)
            ClearFrom(length);
        Length = length;
    }

    private void ClearFrom(long offset)
    {
        if (offset % PageBytes is > 0 and var inPage && FindPage(offset) is not null)
            OwnPage(offset).AsSpan((int)inPage).Clear();
        var firstPage = (offset + PageBytes - 1) / PageBytes;
        var chunk = (int)(firstPage / PagesPerChunk);
        if (firstPage % PagesPerChunk is > 0 and var inChunk)
        {
            if (chunk < _chunks.Length && _chunks[chunk] is not null)
                Array.Clear(OwnChunk(chunk).Pages, (int)inChunk, PagesPerChunk - (int)inChunk);
            chunk++;
        }
        if (chunk < _chunks.Length)
            Array.Resize(ref _chunks, chunk);
    }

    private byte[]? FindPage(long offset)
    {
        var chunk = offset / ChunkBytes;
        return chunk < _chunks.Length ? _chunks[chunk]?.Pages[PageInChunk(offset)].Bytes : null;
    }

    private byte[] OwnPage(long offset)
    {
        ref var page = ref OwnChunk((int)(offset / ChunkBytes)).Pages[PageInChunk(offset)];
        if (page.Owner != _owner)
            page = new Page(_owner, (byte[]?)page.Bytes?.Clone() ?? new byte[PageBytes]);
        return page.Bytes!;
    }

    private Chunk OwnChunk(int index)
    {
        if (index >= _chunks.Length)
            Array.Resize(ref _chunks, Math.Max(index + 1, _chunks.Length * 2));
        ref var chunk = ref _chunks[index];
        if (chunk is null)
            chunk = new Chunk(_owner, new Page[PagesPerChunk]);
        else if (chunk.Owner != _owner)
            chunk = new Chunk(_owner, (Page[])chunk.Pages.Clone());
        return chunk;
    }

    private static int PageInChunk(long offset) => (int)(offset % ChunkBytes / PageBytes);

    private sealed record Chunk(object Owner, Page[] Pages);

    private readonly record struct Page(object Owner, byte[]? Bytes);
}
