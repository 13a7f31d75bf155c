namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Memory for the payloads that one turn proposes: they leave memory in the order they came, so that many share a
/// block. The first has one of its own, and each next block is as large as all before together: a turn keeps at most
/// twice what it proposed, and who proposes much does not have every message's memory cleared before it is written.
/// </summary>
internal struct PayloadRoom
{
    private const int MostBlockBytes = 64 * 1024;

    private byte[]? _block;
    private int _used;
    private int _takenBytes;

    /// <summary>So many bytes of any content, the caller's for good.</summary>
    public Memory<byte> Take(int sizeBytes)
    {
        if (_block is null || _block.Length - _used < sizeBytes)
        {
            int blockBytes = Math.Max(sizeBytes, Math.Min(_takenBytes, MostBlockBytes));
            _block = GC.AllocateUninitializedArray<byte>(blockBytes);
            _used = 0;
        }
        Memory<byte> taken = _block.AsMemory(_used, sizeBytes);
        _used += sizeBytes;
        _takenBytes += sizeBytes;
        return taken;
    }

    /// <summary>What is left of the block goes with the payloads in it.</summary>
    public void EndTurn() => this = default;
}
