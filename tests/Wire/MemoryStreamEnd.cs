namespace Warren.Wire;

/// <summary>
/// One end of a <see cref="MemoryDuplex"/>. Disposing it ends what it writes and breaks what it reads.
/// </summary>
internal sealed class MemoryStreamEnd(MemoryPipe incoming, MemoryPipe outgoing) : AsyncOnlyStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        incoming.ReadAsync(buffer);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        outgoing.WriteAsync(buffer);

    /// <summary>Writes no more; still reads.</summary>
    public void EndWriting() => outgoing.End();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            outgoing.Abort();
            incoming.Break();
        }
        base.Dispose(disposing);
    }
}
