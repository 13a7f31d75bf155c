using Warren.Broker.Messages;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// References that a turn gives back: neighbours mostly share a slab, and one interlocked operation does for them.
/// </summary>
internal sealed class SlabReleases
{
    private Slab? _slab;
    private int _count;

    public void Add(Slab slab)
    {
        if (!ReferenceEquals(slab, _slab))
        {
            Flush();
            _slab = slab;
        }
        _count++;
    }

    /// <summary>The end of a turn.</summary>
    public void Flush()
    {
        if (_count > 0)
            _slab!.Release(_count);
        _count = 0;
        _slab = null;
    }
}
