namespace Warren.Micro;

/// <summary>
/// The bytes of one read. Messages point into it, so it goes back to its producer when the last of them has been
/// encoded. A producer owns a fixed number of slabs: that is its credit, and what bounds the memory of a run.
/// </summary>
internal sealed class Slab(Producer owner, int sizeBytes)
{
    private int _references;

    internal byte[] Bytes { get; } = new byte[sizeBytes];

    internal void Reset(int references) => Volatile.Write(ref _references, references);

    internal void Release(int count)
    {
        if (Interlocked.Add(ref _references, -count) == 0)
            owner.Return(this);
    }
}
