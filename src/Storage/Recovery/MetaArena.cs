namespace Warren.Storage.Recovery;

/// <summary>Bytes of many metas, in blocks, so that none is an object.</summary>
internal sealed class MetaArena
{
    private const int BlockBytes = 1024 * 1024;

    private const int FirstBlockBytes = 4096;

    private readonly List<byte[]> _blocks = [];
    private int _used = BlockBytes;

    public long Add(ReadOnlySpan<byte> meta)
    {
        if (meta.IsEmpty)
            return 0;
        if (_used + meta.Length > BlockBytes)
        {
            _blocks.Add(new byte[_blocks.Count == 0 ? FirstBlockBytes : BlockBytes]);
            _used = 0;
        }
        if (_used + meta.Length > _blocks[^1].Length)
            GrowFirst(_used + meta.Length);
        meta.CopyTo(_blocks[^1].AsSpan(_used));
        long at = ((long)(_blocks.Count - 1) * BlockBytes) + _used;
        _used += meta.Length;
        return at;
    }

    // Most stretches of a small node's log are short.
    private void GrowFirst(int atLeast)
    {
        byte[] block = _blocks[^1];
        Array.Resize(ref block, Math.Min(BlockBytes, Math.Max(atLeast, block.Length * 4)));
        _blocks[^1] = block;
    }

    public ReadOnlySpan<byte> Get(long at, int count) =>
        count == 0 ? [] : _blocks[(int)(at / BlockBytes)].AsSpan((int)(at % BlockBytes), count);
}
