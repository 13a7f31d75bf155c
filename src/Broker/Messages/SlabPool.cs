namespace Warren.Broker.Messages;

/// <summary>
/// Slabs of one size, reused; messages too large for one get a slab of their own, which is never pooled.
/// A leaf lock guards the stack: it is taken once for hundreds of messages.
/// The arrays live in the pinned heap, so that the collector never copies them when they grow old.
/// </summary>
public sealed class SlabPool
{
    /// <summary>Room for several hundred small messages, small enough that one old message pins little.</summary>
    public const int SlabSizeBytes = 64 * 1024;

    /// <summary>Unused slabs kept for reuse: 64 MiB; what is beyond goes to the garbage collector.</summary>
    private const int KeptSlabs = 1024;

    private readonly Stack<Slab> _free = new();
    private readonly Lock _lock = new();
    private long _outstandingBytes;

    /// <summary>Bytes of all slabs in use, live or pinned.</summary>
    public long OutstandingBytes => Volatile.Read(ref _outstandingBytes);

    /// <summary>
    /// A slab of this size, with one reference that the caller owns; only those of the standard size are pooled.
    /// </summary>
    public Slab Rent(int neededBytes)
    {
        if (neededBytes != SlabSizeBytes)
        {
            Interlocked.Add(ref _outstandingBytes, neededBytes);
            return new Slab(GC.AllocateUninitializedArray<byte>(neededBytes), this);
        }
        Interlocked.Add(ref _outstandingBytes, SlabSizeBytes);
        lock (_lock)
        {
            if (_free.TryPop(out Slab? slab))
            {
                slab.Reopen();
                return slab;
            }
        }
        return new Slab(GC.AllocateUninitializedArray<byte>(SlabSizeBytes, pinned: true), this);
    }

    /// <summary>Makes a slab of bytes that were gathered elsewhere, with one reference that the caller owns.</summary>
    public Slab Adopt(byte[] bytes)
    {
        Interlocked.Add(ref _outstandingBytes, bytes.Length);
        return new Slab(bytes, this) { UsedBytes = bytes.Length };
    }

    internal void Return(Slab slab)
    {
        Interlocked.Add(ref _outstandingBytes, -slab.Bytes.Length);
        if (slab.Bytes.Length != SlabSizeBytes)
            return;
        lock (_lock)
        {
            if (_free.Count < KeptSlabs)
                _free.Push(slab);
        }
    }
}
