using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// The one writer of the topology and of users and permissions on this node. Changes run one after another in its turn:
/// each is checked against the published state and becomes entries, which are proposed to the definitions' group
/// (docs/decisions/0007-definitions-across-nodes.md). What the group applies is made in a draft and published with one
/// reference write a snapshot. In a group of one that is before the change's turn goes on, and before it is durable,
/// since everything that comes of it lies behind the entry in the log; but the client is told only when it is. With
/// other members it is when a majority has it, and the client is told when every node that serves has applied it.
/// Owns the list of what connections own exclusively.
/// Invariant: a queue is in the snapshot from before its first command until it has been told to close.
/// </summary>
public sealed class DefinitionsStore : Mailbox<DefinitionsStore.Item>, IGroupOwner
{
    internal static readonly GroupId GroupId = DurableGroups.Definitions;

    private readonly MessageBroker _broker;
    private readonly DefinitionsState _state = new();
    private readonly Proposals _proposals = new();
    private readonly Settlement _settlement = new();
    private readonly Dictionary<long, List<QueueDefinition>> _owned = [];
    private readonly List<PendingChange> _finished = [];
    private readonly Queue<PendingChange> _again = new();
    private readonly DefinitionsReplica? _replica;
    private RaftGroupStart? _start;
    private DefinitionsDraft? _open;
    private PendingChange? _current;
    private long _session;
    private bool _isStarting;

    internal DefinitionsStore(MessageBroker broker, bool isStored)
        : base(broker.Turns)
    {
        _broker = broker;
        _replica = isStored ? new DefinitionsReplica(this, _state) : null;
    }

    internal MessageBroker Broker => _broker;

    /// <summary>
    /// Everything that the published topology shows is there to stay; otherwise who is to be told that something exists
    /// asks here first. Any thread.
    /// </summary>
    internal bool IsSettled => _settlement.IsSettled;

    /// <summary>
    /// The start found entries that are damaged, or that say nothing without one that is lost.
    /// </summary>
    internal bool HasLost => _replica?.HasLost == true;

    /// <summary>What a start has read on its own thread.</summary>
    internal Queue<PayloadRead> StartReads { get; } = new();

    private RaftGroup Group => _replica!.Group;

    /// <summary>A change in the mailbox.</summary>
    public readonly record struct Item(DefinitionsChange Change);

    internal void Post(DefinitionsChange change) => Post(new Item(change));

    /// <summary>
    /// Deletes the exclusive queues of a connection; <paramref name="done"/> is called when they are gone.
    /// </summary>
    internal void DeleteOwned(long connectionId, Action? done) => Post(new DeleteOwned(connectionId, done));

    /// <summary>Takes up what is durable, before anybody is served.</summary>
    /// <exception cref="UnreadableDefinitionException">An entry cannot be understood.</exception>
    internal void Open(NodeLog log, RecoveredGroup group)
    {
        _isStarting = true;
        _replica!.StartLog = log;
        _replica.IsTolerant = group.IsUnsound;
        using EntryReader reader = log.OpenReader();
        _start = RaftGroupStart.Recover(Self, group, _replica, acceptsLoss: true, entry => reader.Read(
            GroupId, entry.Index, entry.Position, EntryReader.EntryOverheadBytes + entry.PayloadBytes,
            out ReadOnlySpan<byte> _, out ReadOnlySpan<byte> _) == ReadOutcome.Whole);
        _replica.IsTolerant |= group.IsUnsound;
        _replica.MakeRestored();
        // What lies behind the live entries says which queues there are, too.
        if (!_start.IsTakenOver)
            Join(log, _start);
    }

    /// <summary>
    /// All groups of the directory have been seen. Nothing new is given an id up to <paramref name="lastId"/>: what has
    /// it is still there. Before anybody is served.
    /// </summary>
    internal void Opened(NodeLog log, long lastId)
    {
        _isStarting = true;
        _replica!.StartLog = log;
        var before = new LogIndex(Math.Max(lastId, DurableGroups.FirstDefinitionIndex - 1));
        if (_start is null)
            Join(log, RaftGroupStart.Found(Self, new Membership([new Member(Self, IsVoter: true)]), before));
        else if (_start.IsTakenOver)
            Join(log, _start.Above(before));
        _start = null;
        _replica.StartLog = null;
        _isStarting = false;
    }

    /// <summary>
    /// Everything is open: the first changes, made on this thread, and then the time of the queues that were found.
    /// </summary>
    internal void Start()
    {
        // The turn is this thread's, as nobody has posted yet: what the log reports meanwhile comes behind it.
        PostInline(new Item(new BeginService()));
        foreach (QueueDefinition queue in _broker.AllQueues())
            queue.Home.ScheduleTick();
    }

    void IGroupOwner.Durable(Lsn lsn) => Post(new EntriesDurable(lsn));

    void IGroupOwner.Moved(MovedEntries moves) => Post(new EntriesMoved(moves));

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (Item item in batch)
        {
            if (item.Change is DefinitionsEvent happened)
                happened.Apply(this);
            else
                Run(new PendingChange(item.Change, _broker.NowMs));
        }
        EndTurn();
    }

    /// <summary>The vhost, or null if it was deleted.</summary>
    internal Vhost? FindVhost(string name) =>
        _broker.Topology.Vhosts.TryGetValue(name, out Vhost? vhost) ? vhost : null;

    /// <summary>For entries that belong together: nothing of them is seen before <see cref="Commit"/>.</summary>
    internal DefinitionsDraft NewDraft() => new(_broker, _state.LastIndex);

    /// <summary>Proposes entries that were checked, those of them that change something.</summary>
    /// <exception cref="AmqpException">One cannot be applied: none of them was.</exception>
    internal void Commit(params ReadOnlySpan<DefinitionsEntry> entries)
    {
        if (entries.Length == 1)
        {
            if (!entries[0].ChangesNothing(OpenDraft()))
                Propose(entries[0], _state.IndexOf(entries[0].Key));
            Drive();
            return;
        }
        DefinitionsDraft draft = NewDraft();
        foreach (DefinitionsEntry entry in entries)
            draft.Add(entry);
        Commit(draft);
    }

    /// <summary>Proposes what has been tried in a draft.</summary>
    internal void Commit(DefinitionsDraft draft)
    {
        var seen = new HashSet<DefinitionKey>();
        foreach (DefinitionsEntry entry in draft.Entries)
            Propose(entry, seen.Add(entry.Key) ? _state.IndexOf(entry.Key) : LoggedEntry.Anything);
        Drive();
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

    /// <summary>Runs something once what the change has committed is applied; at once if it is.</summary>
    internal void WhenApplied(Action then)
    {
        if (_current is { MustWait: true } run)
            run.WhenApplied(then);
        else
            then();
    }

    /// <summary>
    /// Answers a request once what it made, or found there, is there to stay; a client who wants no answer need not wait.
    /// </summary>
    internal void AnswerWhenDurable(ChannelRequest request, DefinitionKey key, Action answer)
    {
        if (_current is { MustWait: true } run)
            run.WhenApplied(() => AnswerWhenDurable(request, key, answer));
        else if (GoesOn(request))
            answer();
        else
            WhenDurable(key, answer);
    }

    /// <summary>Answers a request once what it removed, or found missing, cannot come back.</summary>
    internal void AnswerWhenGone(ChannelRequest request, Action answer)
    {
        if (_current is { MustWait: true } run)
            run.WhenApplied(() => AnswerWhenGone(request, answer));
        else if (GoesOn(request))
            answer();
        else
            WhenAllDurable(answer);
    }

    /// <summary>Runs the answer once what this key names is there to stay.</summary>
    internal void WhenDurable(DefinitionKey key, Action answer)
    {
        if (_current is { MustWait: true } run)
            run.WhenApplied(() => WhenDurable(key, answer));
        else if (_state.IndexOf(key) <= _settlement.Settled || (IsAlone && !_state.IsDurable(key)))
            answer();
        else
            _settlement.WhenSettled(answer, _current);
    }

    /// <summary>Runs the answer once everything that was changed so far is there to stay.</summary>
    internal void WhenAllDurable(Action answer)
    {
        if (_current is { MustWait: true } run)
            run.WhenApplied(() => WhenAllDurable(answer));
        else
            _settlement.WhenSettled(answer, _current);
    }

    /// <summary>The log is on stable storage up to here.</summary>
    internal void Durable(Lsn lsn) => Group.Durable(lsn);

    /// <summary>Entries lie elsewhere now.</summary>
    internal void Moved(MovedEntries moves) => Group.Moved(moves);

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

    /// <summary>This node begins to serve: what is not durable is from before.</summary>
    internal void BeginSession()
    {
        if (_replica is null)
            return;
        Propose(new SessionEntry(Self, _broker.Storage!.Boot, 1, 0), LoggedEntry.Anything);
        Drive();
    }

    /// <summary>The group has an entry of ours or of another node's.</summary>
    internal void ApplyLogged(in AppliedEntry applied)
    {
        var live = new LiveEntry(applied.Index, applied.Position, applied.Meta.Length + applied.Body.Length);
        Proposal? own = null;
        LoggedEntry logged;
        if (LoggedFormat.TryReadOrigin(applied.Meta.Span, out SessionNumber origin)
            && _proposals.TryTake(origin.Session, origin.Number, out Proposal proposal))
        {
            own = proposal;
            logged = own.Logged;
        }
        else
        {
            logged = Read(applied);
        }
        bool isApplied = _state.Apply(OpenDraft(), logged, live);
        if (isApplied && logged.Entry is SessionEntry session && session.Node == Self)
            _session = applied.Index.Value;
        if (own?.Run is { } run)
            Note(run, isApplied);
    }

    /// <summary>Everything up to an index is committed.</summary>
    internal void Committed(long index) => _settlement.SettleTo(index);

    /// <summary>All definitions were brought anew, by the start or by a leader.</summary>
    internal void Replace(DefinitionsDraft draft)
    {
        _open = null;
        _broker.Security = draft.Security;
        _broker.Nodes = draft.Nodes;
        _broker.Topology = draft.Topology;
    }

    internal void ReadBeside(PayloadRead read) => throw new NotSupportedException();

    internal void BarrierReached(BarrierOutcome outcome) => throw new NotSupportedException();

    private static NodeId Self => new(new Guid(1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));

    // Changes are applied as they are made.
    private bool IsAlone => _replica is null || _replica.IsOnly;

    private static LoggedEntry Read(in AppliedEntry applied)
    {
        try
        {
            return LoggedFormat.Read(applied.Meta.Span, applied.Body.Span);
        }
        catch (FormatException error)
        {
            throw new UnreadableDefinitionException(applied.Index.Value, error.Message, error);
        }
    }

    private void Join(NodeLog log, RaftGroupStart start)
    {
        LogGroup group = log.OpenGroup(GroupId, this);
        _replica!.Group = new RaftGroup(start, new RaftOptions(), _broker.NewRandom(), group, _replica);
        _settlement.SettleTo(Group.CompactedIndex.Value);
        Flush();
        while (StartReads.TryDequeue(out PayloadRead? read))
        {
            Group.Complete(read);
            Flush();
        }
    }

    private void Run(PendingChange run)
    {
        run.Begin();
        _current = run;
        run.Change.Apply(this);
        _current = null;
        if (run.Outstanding == 0)
            Complete(run);
    }

    private void Note(PendingChange run, bool isApplied)
    {
        run.Outstanding--;
        run.IsRefused |= !isApplied;
        if (run.Outstanding == 0 && run != _current)
            _finished.Add(run);
    }

    // All that it proposed has been applied.
    private void Complete(PendingChange run)
    {
        if (run.IsOver)
            return;
        if (run.IsRefused && run.MayRun)
        {
            _again.Enqueue(run);
            return;
        }
        if (run.IsRefused)
        {
            run.End();
            run.Change.Fail("what it changes is changed by others all the time");
            return;
        }
        _current = run;
        run.Answer();
        _current = null;
    }

    private void EndTurn()
    {
        if (_replica is not null)
            Flush();
        while (_again.TryDequeue(out PendingChange? run))
            Run(run);
        if (_replica is not null)
        {
            _replica.CompactNowAndThen();
            Flush();
        }
    }

    private DefinitionsDraft OpenDraft() => _open ??= NewDraft();

    private void Propose(DefinitionsEntry entry, long expected)
    {
        if (entry is QueueEntry { OwnerSession: 0 } queue && !(queue.Durable && queue.OwnerConnectionId == 0))
            entry = queue with { OwnerSession = _session };
        long session = entry is SessionEntry ? 0 : _session;
        long number = session == 0 ? 0 : _proposals.NextNumber();
        _proposals.Add(new Proposal(entry, expected, session, number, _current));
        if (_current is not null)
            _current.Outstanding++;
    }

    /// <summary>What has been proposed goes on its way; in a group of one, to its end.</summary>
    private void Drive()
    {
        while (_proposals.TryPeekUnsent(out Proposal proposal))
        {
            if (_replica is null)
                ApplyHere(proposal);
            else if (!Group.MayDecide || !_replica.TryPropose(proposal.Logged))
                break;
            else
                _proposals.Sent();
        }
        Flush();
    }

    private void ApplyHere(Proposal proposal)
    {
        _proposals.TryTake(proposal.Session, proposal.Number, out _);
        bool isApplied = _state.Apply(
            OpenDraft(), proposal.Entry, Math.Max(_state.LastIndex + 1, DurableGroups.FirstDefinitionIndex));
        if (proposal.Run is { } run)
            Note(run, isApplied);
    }

    private void Flush()
    {
        _replica?.Group.Flush();
        if (_open is { IsUntouched: false } draft)
        {
            _open = null;
            if (_replica is not null)
                _settlement.Await(IsAlone ? _state.LastDurableIndex : _state.LastIndex);
            Publish(draft);
        }
        if (_finished.Count == 0)
            return;
        PendingChange[] finished = [.. _finished];
        _finished.Clear();
        foreach (PendingChange run in finished)
            Complete(run);
    }

    private bool GoesOn(ChannelRequest request) => request.IsNoWait && _broker.Storage?.IsBehind != true;

    private void Publish(DefinitionsDraft draft)
    {
        if (!_isStarting)
        {
            foreach (QueueDefinition queue in draft.QueuesMade)
                TakeIn(queue);
            foreach (QueueDefinition queue in draft.QueuesGone)
                LetGo(queue);
        }
        _broker.Security = draft.Security;
        _broker.Nodes = draft.Nodes;
        _broker.Topology = draft.Topology;
        foreach ((QueueDefinition queue, QueueSettings settings) in draft.QueuesConfigured)
        {
            if (_isStarting)
                queue.Home.ConfigureBeforeOpen(settings);
            else
                queue.Home.Post(QueueCommand.Configure(settings));
        }
        if (_isStarting)
            return;
        // Nobody enters any more, now that it is published: these are all there are.
        if (draft.VhostsGone.Count + draft.UsersGone.Count > 0)
            _broker.Connections.CloseOf(draft.VhostsGone, draft.UsersGone);
    }

    private void TakeIn(QueueDefinition queue)
    {
        if (_broker.Storage is { } log && queue.SurvivesRestart)
            queue.Home.Open(log, null);
        queue.Home.ScheduleTick();
        if (queue.OwnerConnectionId == 0 || queue.OwnerSession != _session)
            return;
        if (!_owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned))
            _owned.Add(queue.OwnerConnectionId, owned = []);
        owned.Add(queue);
    }

    // Most have closed before; those of a vhost that goes, or of a connection, have not.
    private void LetGo(QueueDefinition queue)
    {
        queue.Home.Post(QueueCommand.Close((QueueRequest?)null, ifUnused: false, ifEmpty: false));
        // One that does not survive a restart may have written messages to spare memory.
        if (_broker.Storage is not null)
            queue.Home.DropLog();
        if (queue.OwnerSession == _session
            && _owned.TryGetValue(queue.OwnerConnectionId, out List<QueueDefinition>? owned))
            owned.Remove(queue);
    }
}
