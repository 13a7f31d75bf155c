using Warren.Storage;

namespace Warren.Broker.Messages;

/// <summary>
/// A block of bytes that many messages share. The connection that receives them appends; everybody else reads.
/// Counted: each message in a queue, an outbox or a batch holds one reference; at zero the block goes back to its pool.
/// Invariant: bytes below <see cref="UsedBytes"/> never change while a reference is held.
/// </summary>
public sealed class Slab
{
    private readonly SlabPool? _pool;
    private int _references;
    private Action? _releaseOne;

    internal Slab(byte[] bytes, SlabPool? pool)
    {
        Bytes = bytes;
        _pool = pool;
        _references = 1;
    }

    /// <summary>The storage; its length is the slab's capacity.</summary>
    public byte[] Bytes { get; }

    /// <summary>How much has been appended. Written by the one appender only.</summary>
    public int UsedBytes { get; set; }

    public int FreeBytes => Bytes.Length - UsedBytes;

    /// <summary>References held now; exact only to a caller that holds one.</summary>
    public int References => Volatile.Read(ref _references);

    public void AddReferences(int count) => Interlocked.Add(ref _references, count);

    /// <summary>Gives references back; the caller must not touch the slab afterwards.</summary>
    public void Release(int count)
    {
        int left = Interlocked.Add(ref _references, -count);
        if (left > 0)
            return;
        if (left < 0)
            throw new InvalidOperationException("A slab was released more often than it was referenced.");
        _pool?.Return(this);
    }

    /// <summary>
    /// Takes a reference for bytes that the node log writes from where they lie, and says what gives it back when they
    /// are written; null, and nothing taken, for so few that it copies them as they are appended.
    /// </summary>
    internal Action? HoldUntilWritten(int sizeBytes)
    {
        if (sizeBytes < NodeLog.CopiedBodyBytes)
            return null;
        AddReferences(1);
        return _releaseOne ??= () => Release(1);
    }

    internal void Reopen()
    {
        UsedBytes = 0;
        _references = 1;
    }
}
