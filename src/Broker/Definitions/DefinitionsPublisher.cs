using Warren.Broker.Queues;

namespace Warren.Broker.Definitions;

/// <summary>
/// Publishes what has become of a draft, with one reference write a snapshot, and has queues and connections follow.
/// Owned by the definitions' turn. Invariant: a queue is in the snapshot from before its first command until it has
/// been told to close.
/// </summary>
internal sealed class DefinitionsPublisher(MessageBroker broker)
{
    private readonly OwnedQueues _owned = new(broker);
    private bool _closesOwners;
    private long _lastIndex;

    /// <summary>A start makes what there is: nobody is served, and queues are opened when all are known.</summary>
    public bool IsStarting { get; set; }

    /// <summary>Every entry up to here is part of the published topology. Read by any thread.</summary>
    public long LastIndex
    {
        get => Volatile.Read(ref _lastIndex);
        set => Volatile.Write(ref _lastIndex, value);
    }

    /// <summary>All that a start has found is open: its queues go on, here and on other nodes.</summary>
    public void Begin()
    {
        foreach (QueueDefinition queue in broker.QueuesAndStores())
        {
            broker.QueueLinks?.Add(queue);
            (queue.Home as Queue)?.ScheduleTick();
        }
    }

    public OwnedQueues Owned => _owned;

    public ReplicationNews Replicated { get; } = new(broker);

    /// <summary>This node's session is over: who owns what goes with it is told so when it has gone.</summary>
    public void CloseOwners() => _closesOwners = true;

    /// <param name="draft">What is to be seen.</param>
    /// <param name="session">This node's.</param>
    public void Publish(DefinitionsDraft draft, long session)
    {
        foreach (QueueDefinition queue in draft.QueuesMoved)
        {
            queue.Home.Definition = queue;
            broker.QueueLinks?.Moved(queue);
        }
        if (!IsStarting)
        {
            foreach (QueueDefinition queue in draft.QueuesMade)
                TakeIn(queue, session);
            foreach (QueueDefinition queue in draft.QueuesGone)
                LetGo(queue);
        }
        broker.Security = draft.Security;
        broker.Nodes = draft.Nodes;
        broker.Topology = draft.Topology;
        Replicated.Published(draft, IsStarting);
        foreach ((QueueDefinition queue, QueueSettings settings) in draft.QueuesConfigured)
        {
            if (IsStarting)
                queue.Home.ConfigureEarly(settings);
            else
                queue.Home.Post(QueueCommand.Configure(settings));
            if (IsReplicatedNow(queue))
                broker.Replication?.Configured(queue, settings);
        }
        if (IsStarting)
            return;
        if (draft.QueuesMade.Exists(static queue => queue.IsDelayStore))
            broker.Delays.StoresMade();
        if (draft.HasOtherPolicies || draft.LacksStores)
            broker.Definitions.Leader?.LookAtQueues();
        if (_closesOwners)
        {
            _closesOwners = false;
            _owned.CloseOwners("the node was cut off from its cluster, and its exclusive queues were deleted");
        }
        // Nobody enters any more, now that it is published: these are all there are.
        if (draft.VhostsGone.Count + draft.UsersGone.Count > 0)
            broker.Connections.CloseOf(draft.VhostsGone, draft.UsersGone);
    }

    // It may have got members behind the rules that were looked at first, by entries that were applied together.
    private static bool IsReplicatedNow(QueueDefinition queue) => queue.Home.Definition.IsReplicated;

    private void TakeIn(QueueDefinition queue, long session)
    {
        if (queue.Home is Queue here)
        {
            if (broker.Storage is { } log && queue.SurvivesRestart)
                here.Open(log, null);
            here.ScheduleTick();
            if (queue.OwnerSession == session)
                Own(queue);
        }
        broker.QueueLinks?.Add(queue);
    }

    private void Own(QueueDefinition queue)
    {
        _owned.Add(queue);
        // Its owner may have gone while it was on its way.
        if (queue.OwnerConnectionId != 0 && broker.Definitions.NeedsBarrier)
            _owned.Check(queue.OwnerConnectionId);
    }

    // Most have closed before; those of a vhost that goes, or of a connection, have not.
    private void LetGo(QueueDefinition queue)
    {
        queue.Home.Post(QueueCommand.Close((QueueRequest?)null, ifUnused: false, ifEmpty: false));
        broker.QueueLinks?.Remove(queue);
        if (queue.Home is not Queue here)
            return;
        // One that does not survive a restart may have written messages to spare memory.
        if (broker.Storage is not null)
            here.DropLog();
        if (!_closesOwners)
            _owned.Remove(queue);
    }
}
