using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What a leader's snapshot makes of a queue, beside the replica that it will be.</summary>
internal sealed class StagedReplica : StagedMachine
{
    private readonly ReplicaOwner _owner;
    private readonly QueueReplica _replica;
    private readonly QueueReplica _staged;

    public StagedReplica(ReplicaOwner owner, QueueReplica replica)
    {
        _owner = owner;
        _replica = replica;
        // What ends is released by who brings it.
        _staged = new QueueReplica(static () => 0);
    }

    public override void Restore(in RestoredEntry entry) => _owner.Restore(in entry, _staged);

    public override void Remove(LogIndex index) => _staged.Remove(index.Value);

    public override void Moved(IReadOnlyList<MovedEntry> entries)
    {
        foreach (MovedEntry moved in entries)
            _staged.Move(in moved);
    }

    public override void Install() => _replica.Become(_staged);
}
