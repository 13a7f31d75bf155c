using System.Collections.Concurrent;
using Warren.Cluster;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// Who leads which replicated queue, as this node has heard it: the word of the highest term. Any thread.
/// </summary>
internal sealed class LeaderBook
{
    private readonly ConcurrentDictionary<long, Entry> _leaders = new();
    private readonly ConcurrentDictionary<long, ReplicaStanding> _members = new();

    /// <summary>Who leads a queue and in which term; term 0: nobody has said so.</summary>
    public Entry Of(long queue) => _leaders.GetValueOrDefault(queue);

    /// <summary>A node says that it leads; false: another one does, in a later term.</summary>
    public bool Note(long queue, NodeId leader, long term)
    {
        var told = new Entry(leader, term);
        return _leaders.AddOrUpdate(queue, told, (_, known) => term > known.Term ? told : known) == told;
    }

    /// <summary>The members of a queue, as the last leader said that this node has heard; null: none has.</summary>
    public ReplicaStanding? MembersOf(long queue) => _members.GetValueOrDefault(queue);

    /// <summary>A leader says which members its queue has.</summary>
    public void NoteMembers(long queue, ReplicaStanding told) =>
        _members.AddOrUpdate(queue, told, (_, known) => told.Index >= known.Index ? told : known);

    /// <summary>The queue is gone.</summary>
    public void Remove(long queue)
    {
        _leaders.TryRemove(queue, out _);
        _members.TryRemove(queue, out _);
    }

    internal readonly record struct Entry(NodeId Leader, long Term);
}
