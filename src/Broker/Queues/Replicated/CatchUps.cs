using Warren.Cluster;
using Warren.Cluster.Groups;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How many queues that this node leads bring members up to date at once: new ones, each of which gets all that there
/// is, and any by a snapshot. Any thread.
/// </summary>
internal sealed class CatchUps
{
    /// <summary>
    /// Enough to keep a link busy while some wait for their disks, and few enough to leave room on it.
    /// </summary>
    private const int Most = 4;

    /// <summary>
    /// Snapshots on their way to one node: each takes some mebibytes here and there. A node that does not come on
    /// with them holds up those to itself alone.
    /// </summary>
    private const int MostSnapshots = 4;

    private readonly Lock _lock = new();
    private readonly Dictionary<NodeId, Snapshots> _snapshots = [];
    private int _taken;

    /// <summary>One more may begin; false: not now.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Most)
            return true;
        Interlocked.Decrement(ref _taken);
        return false;
    }

    /// <summary>One that was taken has ended.</summary>
    public void Release() => Interlocked.Decrement(ref _taken);

    /// <summary>A snapshot may begin; false: not now, and who asks is woken when he may ask again.</summary>
    public bool TryBeginSnapshot(NodeId to, IGroupMember asks)
    {
        lock (_lock)
        {
            if (!_snapshots.TryGetValue(to, out Snapshots? snapshots))
                _snapshots.Add(to, snapshots = new Snapshots());
            if (snapshots.Begun < MostSnapshots)
            {
                snapshots.Begun++;
                return true;
            }
            if (snapshots.Asking.Add(asks))
                snapshots.Waiting.Enqueue(asks);
            return false;
        }
    }

    /// <summary>One that began has ended.</summary>
    public void EndSnapshot(NodeId to)
    {
        IGroupMember? next;
        lock (_lock)
        {
            Snapshots snapshots = _snapshots[to];
            snapshots.Begun--;
            if (snapshots.Waiting.TryDequeue(out next))
                snapshots.Asking.Remove(next);
        }
        // Whoever does not want it any more lets the others wait until their ticks.
        next?.Wake();
    }

    private sealed class Snapshots
    {
        public int Begun;

        /// <summary>Who was told to wait, in turn, each once.</summary>
        public Queue<IGroupMember> Waiting { get; } = new();

        public HashSet<IGroupMember> Asking { get; } = [];
    }
}
