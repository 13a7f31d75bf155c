using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// The one writer of the topology and of users and permissions: applies changes one after another in its turn. Each
/// becomes entries, which are applied to a draft, appended to the log, and published with one reference write a
/// snapshot. What is published may be used at once, since everything that comes of it lies behind the entry in the log;
/// but the client is told only when the entry is durable. Owns the list of what connections own exclusively.
/// Invariant: a queue is in the snapshot from before its first command until it has been told to close.
/// </summary>
public sealed class DefinitionsStore : Mailbox<DefinitionsStore.Item>, IGroupOwner
{
    private readonly MessageBroker _broker;
    private readonly DefinitionsGroup _group = new();
    private readonly Dictionary<long, List<QueueDefinition>> _owned = [];
    // Entries that need not be written count as well, so that no two queues have the same id.
    private long _lastIndex = DurableGroups.FirstDefinitionIndex - 1;
    private long _publishedIndex;

    internal DefinitionsStore(MessageBroker broker)
        : base(broker.Turns) => _broker = broker;

    internal MessageBroker Broker => _broker;

    /// <summary>
    /// Everything that the published topology shows is durable; otherwise who is to be told that something exists asks
    /// here first. Any thread.
    /// </summary>
    internal bool IsSettled => _group.IsSettled;

    /// <summary>
    /// The start found entries that are damaged, or that say nothing without one that is lost.
    /// </summary>
    internal bool HasLost { get; private set; }

    /// <summary>Every entry up to here is part of the published topology. Any thread.</summary>
    internal long LastIndex => Volatile.Read(ref _publishedIndex);

    /// <summary>For tests of several nodes: told, in the turn, of entries that were applied here.</summary>
    internal Action<IReadOnlyList<DraftStep>>? Applied { get; set; }

    /// <summary>For the same tests: takes a change of this node's own somewhere else; false: it is made here.</summary>
    internal Func<DefinitionsChange, bool>? Forward { get; set; }

    /// <summary>A change in the mailbox.</summary>
    public readonly record struct Item(DefinitionsChange Change);

    internal void Post(DefinitionsChange change)
    {
        if (Forward?.Invoke(change) != true)
            Post(new Item(change));
    }

    /// <summary>
    /// Deletes the exclusive queues of a connection; <paramref name="done"/> is called when they are gone.
    /// </summary>
    internal void DeleteOwned(long connectionId, Action? done) => Post(new DeleteOwned(connectionId, done));

    /// <summary>
    /// Takes up what is durable, before anybody is served; <paramref name="group"/> is null in a new directory.
    /// </summary>
    /// <exception cref="UnreadableDefinitionException">An entry cannot be understood.</exception>
    internal void Open(NodeLog log, RecoveredGroup? group)
    {
        _group.Open(log, this);
        if (group is null)
            return;
        _lastIndex = Math.Max(_lastIndex, group.LastIndex.Value);
        var recovery = new DefinitionsRecovery(_broker, _group);
        DefinitionsDraft draft = recovery.Run(log, group);
        HasLost = recovery.HasLost;
        _broker.Security = draft.Security;
        _broker.Topology = draft.Topology;
    }

    /// <summary>Nothing new is given an id up to here: what has it is still there. Before anybody is served.</summary>
    internal void TakeIds(long last) => _lastIndex = Math.Max(_lastIndex, last);

    /// <summary>
    /// Everything is open: the first changes, made on this thread, and then the time of the queues that were found.
    /// </summary>
    internal void Start()
    {
        // The turn is this thread's, as nobody has posted yet: what the log reports meanwhile comes behind it.
        PostInline(new Item(new Bootstrap()));
        foreach (QueueDefinition queue in _broker.AllQueues())
        {
            _broker.QueueLinks?.Add(queue);
            (queue.Home as Queue)?.ScheduleTick();
        }
        Volatile.Write(ref _publishedIndex, _lastIndex);
    }

    void IGroupOwner.Durable(Lsn lsn) => Post(new EntriesDurable(lsn));

    // Entries are read at the start alone.
    void IGroupOwner.Moved(MovedEntries moves) => moves.Complete();

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (Item item in batch)
            item.Change.Apply(this);
    }

    /// <summary>The vhost, or null if it was deleted.</summary>
    internal Vhost? FindVhost(string name) =>
        _broker.Topology.Vhosts.TryGetValue(name, out Vhost? vhost) ? vhost : null;

    /// <summary>For entries that belong together: nothing of them is seen before <see cref="Commit"/>.</summary>
    internal DefinitionsDraft NewDraft() => new(_broker, _lastIndex);

    /// <summary>Applies entries that were checked, writes what of them is durable, and publishes the outcome.</summary>
    /// <exception cref="AmqpException">One cannot be applied: none of them was.</exception>
    internal void Commit(params ReadOnlySpan<DefinitionsEntry> entries)
    {
        DefinitionsDraft draft = NewDraft();
        foreach (DefinitionsEntry entry in entries)
            draft.Add(entry);
        Commit(draft);
    }

    /// <summary>Writes what of a draft is durable, and publishes it.</summary>
    internal void Commit(DefinitionsDraft draft)
    {
        if (draft.Steps.Count == 0)
            return;
        _lastIndex = draft.LastIndex;
        foreach (DraftStep step in draft.Steps)
            _group.Append(step);
        Publish(draft);
        Applied?.Invoke(draft.Steps);
    }

    /// <summary>Takes a queue out, with its bindings and the auto-delete exchanges that lost their last one.</summary>
    internal void Remove(QueueDefinition definition)
    {
        if (FindVhost(definition.Vhost) is { } vhost
            && vhost.Queues.TryGetValue(definition.Name, out QueueDefinition? present)
            && present.Id == definition.Id)
            Commit(new RemovalEntry(DefinitionKey.OfQueue(definition.Vhost, definition.Name)));
    }

    /// <summary>What a connection owned, which is owned no more.</summary>
    internal List<QueueDefinition> TakeOwned(long connectionId) =>
        _owned.Remove(connectionId, out List<QueueDefinition>? owned) ? owned : [];

    /// <summary>
    /// Answers a request once what it made, or found there, is durable; a client who wants no answer need not wait.
    /// </summary>
    internal void AnswerWhenDurable(ChannelRequest request, DefinitionKey key, Action answer)
    {
        if (GoesOn(request))
            answer();
        else
            _group.WhenDurable(key, answer);
    }

    /// <summary>Answers a request once what it removed, or found missing, cannot come back.</summary>
    internal void AnswerWhenGone(ChannelRequest request, Action answer)
    {
        if (GoesOn(request))
            answer();
        else
            _group.WhenAllDurable(answer);
    }

    /// <summary>Runs the answer once what this key names is durable.</summary>
    internal void WhenDurable(DefinitionKey key, Action answer) => _group.WhenDurable(key, answer);

    /// <summary>Runs the answer once everything that was changed so far is durable.</summary>
    internal void WhenAllDurable(Action answer) => _group.WhenAllDurable(answer);

    /// <summary>The log is on stable storage up to here.</summary>
    internal void Durable(Lsn lsn) => _group.Durable(lsn);

    /// <summary>Applies a client's change, and tells its request if it was the client's mistake.</summary>
    internal static void Attempt(ChannelRequest request, Action change)
    {
        try
        {
            change();
        }
        catch (AmqpException error)
        {
            request.Fail(error);
        }
    }

    private bool GoesOn(ChannelRequest request) => request.IsNoWait && !_group.IsBehind;

    private void Publish(DefinitionsDraft draft)
    {
        foreach (QueueDefinition queue in draft.QueuesMade)
            TakeIn(queue);
        foreach (QueueDefinition queue in draft.QueuesGone)
            LetGo(queue);
        _broker.Security = draft.Security;
        _broker.Topology = draft.Topology;
        Volatile.Write(ref _publishedIndex, _lastIndex);
        foreach ((QueueDefinition queue, QueueSettings settings) in draft.QueuesConfigured)
            queue.Home.Post(QueueCommand.Configure(settings));
        // Nobody enters any more, now that it is published: these are all there are.
        if (draft.VhostsGone.Count + draft.UsersGone.Count > 0)
            _broker.Connections.CloseOf(draft.VhostsGone, draft.UsersGone);
    }

    private void TakeIn(QueueDefinition queue)
    {
        if (_broker.Storage is { } log && queue.SurvivesRestart)
            (queue.Home as Queue)?.Open(log, null);
        (queue.Home as Queue)?.ScheduleTick();
        _broker.QueueLinks?.Add(queue);
        // One of another node's connections goes with that node.
        if (queue.OwnerConnectionId == 0 || queue.Home.IsRemote)
            return;
        if (!_owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned))
            _owned.Add(queue.OwnerConnectionId, owned = []);
        owned.Add(queue);
    }

    // Most have closed before; those of a vhost that goes, or of a connection, have not.
    private void LetGo(QueueDefinition queue)
    {
        queue.Home.Post(QueueCommand.Close((QueueRequest?)null, ifUnused: false, ifEmpty: false));
        _broker.QueueLinks?.Remove(queue);
        // One that does not survive a restart may have written messages to spare memory.
        if (_broker.Storage is not null)
            (queue.Home as Queue)?.DropLog();
        if (!queue.Home.IsRemote && _owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned))
            owned.Remove(queue);
    }
}
