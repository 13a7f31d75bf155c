using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Durability;
using Warren.Broker.Queues;
using Warren.Broker.Security;
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
/// </summary>
public sealed class DefinitionsStore : Mailbox<DefinitionsStore.Item>, IGroupOwner
{
    internal static readonly GroupId GroupId = DurableGroups.Definitions;

    private readonly MessageBroker _broker;
    private readonly ClusterSetup? _setup;
    private readonly DefinitionsState _state = new();
    private readonly ProposalRoute _route;
    private readonly Settlement _settlement = new();
    private readonly Barriers _barriers;
    private readonly DefinitionsPublisher _publisher;
    private readonly DefinitionsReplica? _replica;
    private readonly DefinitionsStart? _start;
    private readonly DefinitionsPeers? _peers;
    private readonly OwnSession _session;
    private readonly OwnStanding? _standing;
    private readonly ChangeRuns _runs;
    private readonly StatusPublisher _status = new();
    private DefinitionsDraft? _open;
    private long _noted;
    private bool _isAlone = true;

    internal DefinitionsStore(MessageBroker broker, bool isStored, ClusterSetup? setup)
        : base(broker.Turns)
    {
        _broker = broker;
        _setup = setup;
        _publisher = new DefinitionsPublisher(broker);
        _peers = setup is null ? null : new DefinitionsPeers(this, setup);
        _session = new OwnSession(this, setup, _peers);
        _barriers = new Barriers(broker, setup?.PatienceMs ?? 0);
        _standing = _peers is null ? null : new OwnStanding(this, _peers, _session);
        Gate = new RoutingGate(broker, _standing?.Lease, setup?.PatienceMs ?? 0);
        _runs = new ChangeRuns(this, setup, _session);
        _route = new ProposalRoute(this, setup?.Peers);
        Answers = new Answers(this, _settlement);
        if (!isStored)
            return;
        _replica = new DefinitionsReplica(this, _state) { Transport = setup?.Transport };
        _start = new DefinitionsStart(this, setup, _replica, _peers);
        Leader = new LeaderDuties(this, _replica, _session, setup);
    }

    internal MessageBroker Broker => _broker;

    /// <summary>
    /// Everything that the published topology shows is there to stay; otherwise who is to be told that something exists
    /// asks here first. Any thread.
    /// </summary>
    internal bool IsSettled => _settlement.IsSettled;

    /// <summary>
    /// Somebody who is to be told that this exists need not ask here: it is there to stay, or this is a node by itself
    /// and it would not stay anyway. Any thread.
    /// </summary>
    internal bool MayTell(bool isDurable) => (IsSettled && HasLease) || (!isDurable && !NeedsBarrier);

    /// <summary>
    /// What is missing here may be there on other nodes: who is to be told of that asks for a barrier first. Any
    /// thread.
    /// </summary>
    internal bool NeedsBarrier => !Volatile.Read(ref _isAlone);

    /// <summary>
    /// What is there by what is published here may be told; otherwise only behind a barrier. Any thread.
    /// </summary>
    internal bool HasLease => !NeedsBarrier || _standing?.Lease.IsValid != false;

    /// <summary>Whether publishes may be routed by what is published here.</summary>
    internal RoutingGate Gate { get; }

    internal DefinitionsPeers? Peers => _peers;

    internal bool IsHalted => _replica?.IsHalted == true;

    internal Task<string> WhenHalted => _replica!.WhenHalted;

    /// <summary>Nothing more is applied before the next start.</summary>
    internal bool IsStuck => IsHalted || _session.IsToStartAgain;

    internal StatusPublisher Status => _status;

    internal bool HasSession => _session.IsOpen;

    internal Task WhenServing => _session.WhenServing;

    internal DefinitionsState State => _state;

    /// <summary>The member of this node is unsound: it waits for what a leader brings.</summary>
    internal bool IsUnsound => _start?.IsUnsound == true;

    /// <summary>Null: nothing is stored, and there are no others.</summary>
    internal LeaderDuties? Leader { get; }

    /// <summary>Every entry up to here is part of the published topology. Any thread.</summary>
    internal long LastIndex => _publisher.LastIndex;

    internal DefinitionsPublisher Publisher => _publisher;

    internal ProposalRoute Route => _route;

    internal ChangeRuns Runs => _runs;

    internal Answers Answers { get; }

    internal OwnSession Session => _session;

    /// <summary>
    /// The start found entries that are damaged, or that say nothing without one that is lost.
    /// </summary>
    internal bool HasLost => IsUnsound || _replica?.HasLost == true;

    internal RaftGroup Group => _replica!.Group;

    internal NodeId Self => _setup?.Self ?? Standalone;

    /// <summary>Of a broker that is told no identity.</summary>
    internal static NodeId Standalone => new(new Guid(1, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]));

    /// <summary>A change in the mailbox.</summary>
    public readonly record struct Item(DefinitionsChange Change);

    internal void Post(DefinitionsChange change) => Post(new Item(change));

    /// <summary>
    /// Deletes the exclusive queues of a connection; <paramref name="done"/> is called when they are gone everywhere.
    /// </summary>
    internal void DeleteOwned(long connectionId, Action? done) => Post(new DeleteOwned(connectionId, done));

    /// <summary>Takes up what is durable, before anybody is served.</summary>
    /// <exception cref="UnreadableDefinitionException">An entry cannot be understood.</exception>
    internal void Open(NodeLog log, RecoveredGroup group) => _start!.Open(log, group);

    /// <inheritdoc cref="DefinitionsStart.Opened"/>
    internal void Opened(NodeLog log, long lastId) => _start!.Opened(log, lastId);

    /// <summary>
    /// This node serves nobody any more, and the others have been told, so that they do not wait for it.
    /// </summary>
    internal Task EndServingAsync()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new TurnEvent(() => _standing?.Close()));
        // Behind the end of that turn.
        Post(new TurnEvent(() => Post(new TurnEvent(told.SetResult))));
        return told.Task;
    }

    /// <summary>The broker ends: no heartbeats come any more.</summary>
    internal void Close()
    {
        if (_replica?.Group?.Heartbeats is { } slot)
            _setup!.Transport.Remove(slot);
    }

    /// <summary>
    /// Everything is open: the first changes, made on this thread, and then the time of the queues that were found.
    /// </summary>
    internal void Start()
    {
        // The turn is this thread's, as nobody has posted yet: what the log reports meanwhile comes behind it.
        PostInline(new Item(new TurnEvent(() =>
        {
            _publisher.Replicated.Begin();
            _session.Start();
        })));
        _publisher.Begin();
        NotePublished();
    }

    void IGroupOwner.Durable(Lsn lsn) => Post(new TurnEvent(() => Group.Durable(lsn)));

    void IGroupOwner.Moved(MovedEntries moves) => Post(new TurnEvent(() => Group.Moved(moves)));

    protected override void Handle(ReadOnlySpan<Item> batch)
    {
        foreach (Item item in batch)
        {
            if (item.Change is DefinitionsEvent happened)
                happened.Apply(this);
            else
                _runs.Begin(item.Change);
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
            else if (entries[0].Removes)
                LooksAgain();
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
            && vhost.TryFindQueueOrStore(definition.Name, out QueueDefinition? present)
            && present.Id == definition.Id)
            Commit(new RemovalEntry(DefinitionKey.OfQueue(definition.Vhost, definition.Name)));
    }

    /// <summary>
    /// The change that runs has found something missing: true if it will run again when this node has all that others
    /// had, and nobody is to be told until then.
    /// </summary>
    internal bool LooksAgain()
    {
        if (_isAlone || _runs.Current is not { HadBarrier: false } run)
            return false;
        return run.WantsBarrier = true;
    }

    /// <summary>
    /// Calls with true when this node has applied all that was committed when it was asked; with false if that cannot
    /// be known. Any thread.
    /// </summary>
    internal void RequestBarrier(Action<bool> reached) => Post(new TurnEvent(() => AddBarrier(reached)));

    /// <summary>Applies a client's change, and tells its request if it was the client's mistake.</summary>
    internal void Attempt(ChannelRequest request, Action change)
    {
        try
        {
            change();
        }
        catch (AmqpException error)
        {
            if (Refusals.MayBeOutOfDate(error) && LooksAgain())
                return;
            _runs.Current?.End();
            request.Fail(error);
        }
    }

    /// <summary>The broker's tick, on its thread.</summary>
    internal void TickSoon()
    {
        if (_peers is not null)
            Post(new TurnEvent(Tick));
    }

    /// <summary>Time passes, in a cluster.</summary>
    private void Tick()
    {
        if (_replica is null || _peers is null)
            return;
        _peers.Tick();
        // Messages may be lost without a link going down, when they went by another member. What is larger than the
        // room on the link would never get through if it always began anew.
        if (!Group.IsLeader && !_route.Proposals.IsBetweenPieces)
            _route.SendAgain();
        _session.Tick();
        _runs.Tick();
    }

    /// <summary>The group has an entry of ours or of another node's.</summary>
    internal void ApplyLogged(in AppliedEntry applied)
    {
        if (IsStuck)
            return;
        var live = new LiveEntry(applied.Index, applied.Position, applied.Meta.Length + applied.Body.Length);
        Proposal? own = null;
        if (LoggedFormat.TryReadOrigin(applied.Meta.Span, out SessionNumber origin)
            && _route.Proposals.TryTake(origin.Session, origin.Number, out Proposal proposal))
            own = proposal;
        LoggedEntry logged = own?.Logged ?? default;
        if (own is null && !_replica!.TryRead(applied, _publisher.IsStarting, out logged))
            return;
        DefinitionsDraft draft = OpenDraft();
        bool isApplied = _state.Apply(draft, logged, live);
        if (isApplied && logged.Entry.Key.Kind == DefinitionKind.Session)
        {
            _replica!.SessionsChanged(draft.Nodes);
            _session.Changed(draft.Nodes);
        }
        if (own is null)
            return;
        _runs.Note(own, isApplied);
    }

    /// <summary>All definitions were brought anew, by the start or by a leader.</summary>
    internal void Replace(DefinitionsDraft draft)
    {
        _open = null;
        if (IsUnsound && !_publisher.IsStarting)
        {
            // The start did not know whose the queues' groups are, and has them for nobody's: none of it is served.
            _session.MustStartAgain();
            return;
        }
        if (!_publisher.IsStarting)
            draft.CompareWith(_broker.Topology, _broker.Security);
        // With a session that is over, nothing is to come of it any more; but some may have come.
        long taken = draft.Nodes.IsOpen(_session.Id)
            ? DefinitionsState.NumberOf(_state.Numbers, _session.Id)
            : long.MaxValue;
        // What became of them is not known: what is as they wanted it is theirs, the others look at what there is.
        foreach (Proposal one in _route.Proposals.TakeUpTo(taken))
            _runs.Note(one, isApplied: one.IsDone(draft, _state.IndexOf(one.Entry.Key)));
        _session.Changed(draft.Nodes);
        Publish(draft);
    }

    /// <summary>This node's session is over: nothing that it has proposed and not seen applied ever will be.</summary>
    internal void SessionEnded()
    {
        _publisher.CloseOwners();
        foreach (Proposal proposal in _route.Proposals.TakeAll())
            _runs.Note(proposal, isApplied: false);
    }

    /// <summary>Reads what the group needs from disk, beside the turn.</summary>
    internal void ReadBeside(PayloadRead read) => _broker.Turns.Schedule(new PayloadReader(this, read));

    // What consensus has applied is not always seen here: then this node cannot say what there is not.
    internal void BarrierReached(BarrierOutcome outcome) => _barriers.Reached(
        IsStuck || IsUnsound ? outcome with { Index = default } : outcome, _runs.AreHopeless);

    internal void AddBarrier(Action<bool> reached)
    {
        if (_isAlone)
            reached(true);
        else
            _barriers.Add(reached);
    }

    private void EndTurn()
    {
        Drive();
        _runs.CompleteFinished();
        _runs.RunAgain();
        if (_replica is not null)
            EndReplicaTurn(_replica);
        // Nobody else comes to see to it.
        if (_runs.AreWaiting)
            Post(new TurnEvent(static () => { }));
    }

    private void EndReplicaTurn(DefinitionsReplica replica)
    {
        if (_peers is not null)
        {
            if (!Group.Leader.IsNone)
                _runs.NoteLeader();
            _session.Drive();
            Leader!.Drive();
            _standing!.Renew(Group);
            if (_barriers.IsDue)
                _barriers.Ask(Group);
        }
        // Of what is not applied nothing is known to be live.
        if (!IsStuck)
            replica.CompactNowAndThen();
        Flush();
        _runs.CompleteFinished();
        if (_peers is not null)
        {
            _standing!.Tell(Group);
            _status.Publish(Group, _broker.Nodes, _settlement.IsSettled, _session.IsOpen);
        }
    }

    private DefinitionsDraft OpenDraft() => _open ??= NewDraft();

    private void Propose(DefinitionsEntry entry, long expected)
    {
        if (entry is QueueEntry { OwnerSession: 0, SurvivesRestart: false } queue)
            entry = queue with { OwnerSession = _session.Of(queue) };
        _route.Add(entry, expected, _session.Id, _runs.Current);
    }

    /// <summary>What has been proposed goes on its way; in a group of one, to its end.</summary>
    private void Drive()
    {
        if (_replica is null)
        {
            while (_route.Proposals.TryPeekUnsent(out Proposal proposal))
                ApplyHere(proposal);
        }
        else
        {
            _route.Drive(_replica);
        }
        Flush();
    }

    private void ApplyHere(Proposal proposal)
    {
        _route.Proposals.TryTake(proposal.Session, proposal.Number, out _);
        bool isApplied = _state.Apply(
            OpenDraft(), proposal.Entry, Math.Max(_state.LastIndex + 1, DurableGroups.FirstDefinitionIndex));
        _runs.Note(proposal, isApplied);
    }

    internal void Flush()
    {
        if (_replica is not null)
        {
            Group.Flush();
            _replica.MakeRestored();
            NoteQueues();
            Volatile.Write(ref _isAlone, _replica.IsOnly);
        }
        if (_open is { IsUntouched: false } draft)
        {
            _open = null;
            Publish(draft);
        }
        NotePublished();
        if (_replica is not null)
            TellWhatIsSeen();
    }

    private void Publish(DefinitionsDraft draft)
    {
        if (_replica is not null)
            _settlement.Await(_isAlone ? _state.LastDurableIndex : _state.LastIndex);
        _publisher.Publish(draft, _session.Id);
        _runs.NotePublished();
    }

    // What an unsound member shows is not all there is: it must not say of anything that it is gone.
    private void NotePublished()
    {
        if (!_publisher.IsStarting && !IsUnsound && !IsStuck)
            _publisher.LastIndex = _state.LastIndex;
    }

    // A start takes a queue's group of the node log for what a deleted queue has left, unless it knows of the queue: so
    // it must know that the queue's entry is committed before there is anything of the group.
    private void NoteQueues()
    {
        while (!Group.IsAlone && !_publisher.IsStarting && _open?.LastStored is { } last && last > _noted)
        {
            _noted = Group.Commit.Value;
            Group.NoteCommit();
        }
    }

    private void TellWhatIsSeen()
    {
        long own = Math.Min(IsStuck ? LastIndex : Group.Applied.Value, Group.Commit.Value);
        _settlement.SettleTo(_standing?.Settle(own) ?? own);
        _barriers.Tell();
        Gate.Update(_isAlone);
    }
}
