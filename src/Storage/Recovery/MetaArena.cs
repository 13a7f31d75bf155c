namespace Warren.Storage.Recovery;

/// <summary>Bytes of many metas, in blocks, so that none is an object.</summary>
internal sealed class MetaArena
{
    private const int BlockBytes = 1024 * 1024;

    private readonly List<byte[]> _blocks = [];
    private int _used = BlockBytes;

    public long Add(ReadOnlySpan<byte> meta)
    {
        if (meta.IsEmpty)
            return 0;
        if (_used + meta.Length > BlockBytes)
        {
            _blocks.Add(new byte[BlockBytes]);
            _used = 0;
        }
        meta.CopyTo(_blocks[^1].AsSpan(_used));
        long at = ((long)(_blocks.Count - 1) * BlockBytes) + _used;
        _used += meta.Length;
        return at;
    }

    public ReadOnlySpan<byte> Get(long at, int count) =>
        count == 0 ? [] : _blocks[(int)(at / BlockBytes)].AsSpan((int)(at % BlockBytes), count);
}
