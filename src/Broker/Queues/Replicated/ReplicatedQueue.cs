using System.Collections.Immutable;
using Warren.Broker.Channels;
using Warren.Broker.Definitions;
using Warren.Broker.Durability;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// This node's member of a replicated queue: consensus, the replica, and while it leads the queue itself, all in one
/// turn (docs/decisions/0013-replicated-queues.md). Clients do not post to it but their nodes' stand-ins do, by lines,
/// and only while it leads.
/// </summary>
internal class ReplicatedQueue : Queue, IGroupMember, IGroupOwner
{
    private readonly IGroupTransport _transport;
    private readonly NodeId _self;
    private readonly RaftOptions _options;
    private readonly MemberRecovery _recovery;
    private readonly QueueReplica _replica;
    private readonly ReplicaOwner _owner;
    private readonly ReplicaCompaction _compaction;
    private readonly DurableWaits _durable;
    private readonly HeldEffects _heldBack = new();
    private readonly Leadership _leadership;
    private readonly MembersInStep _inStep = new();
    private readonly Reconciliation _reconciliation;
    private readonly List<MovedEntries> _moves = new(0);
    private readonly LeadershipHandover _handover;
    private readonly ReplicatedTime _time;
    private readonly MemberDamage _damage;
    private RaftGroup? _group;
    private LogGroup? _logGroup;
    private RaftGroupStart? _start;
    private ReplicatedLog? _leading;
    private bool _isOver;
    // By the position that clients know, which a message has now; of a queue that served alone before.
    private IReadOnlyDictionary<long, long>? _renamed;

    /// <param name="broker">The node's.</param>
    /// <param name="settings">The rules in force.</param>
    /// <param name="setup">The cluster's.</param>
    /// <param name="announcer">Who tells clients that this member leads.</param>
    /// <param name="catchUps">Shared by the node's members.</param>
    public ReplicatedQueue(
        MessageBroker broker, QueueSettings settings, ClusterSetup setup, ILeaderAnnouncer announcer,
        CatchUps catchUps)
        : base(broker, settings, broker.Turns.OfMembers)
    {
        _transport = setup.Transport;
        _self = setup.Self;
        _recovery = new MemberRecovery(setup);
        _options = setup.QueueOptions;
        _replica = new QueueReplica(
            () => _group?.CompactedIndex.Value ?? long.MaxValue, index => _group?.Ended(index));
        _compaction = new ReplicaCompaction(_replica);
        _owner = new ReplicaOwner(this, _replica, setup.Transport, catchUps);
        _durable = new DurableWaits(() => Post(QueueCommand.GroupWake()));
        _leadership = new Leadership(this, announcer);
        _reconciliation = new Reconciliation(this, announcer, catchUps, _self);
        _handover = new LeadershipHandover(this, setup.Peers);
        _time = new ReplicatedTime(this, announcer, _self);
        _damage = new MemberDamage(this, announcer, _self);
    }

    /// <summary>The member's consensus; null before it is opened, and when the queue is gone.</summary>
    public RaftGroup? Consensus => _group;

    /// <summary>What this member has.</summary>
    public QueueReplica Replica => _replica;

    /// <summary>What time it is in it.</summary>
    public ReplicatedTime Time => _time;

    /// <inheritdoc cref="Reconciliation.Standing"/>
    public ReplicaStanding? Standing => _reconciliation.Standing;

    /// <summary>So many members may vote.</summary>
    internal int MostVoters => _options.Voters;

    /// <inheritdoc/>
    internal override ImmutableArray<NodeId> InStep => _inStep.Nodes;

    /// <summary>It leads, and serves clients.</summary>
    public bool IsServing => _leading is not null;

    internal bool IsRecovered => _start is not null;

    /// <summary>The directory has the group: within the call that brings it.</summary>
    public void Recover(NodeLog log, RecoveredGroup found) => _start = _recovery.Recover(this, _owner, log, found);

    /// <inheritdoc cref="MemberRecovery.Lost"/>
    public RaftGroupStart Lost() => _recovery.Lost(this);

    /// <summary>Begins: with what was recovered, or as what this node is when it was not.</summary>
    /// <param name="log">The node's.</param>
    /// <param name="otherwise">Of a group that the directory does not have.</param>
    public void Join(NodeLog log, RaftGroupStart? otherwise)
    {
        Begin(log.OpenGroup(Group, this), (_start ?? otherwise)!);
        _start = null;
        Post(QueueCommand.GroupWake());
    }

    // What a queue left that served alone; leads at once.
    private void Inherit(Inheritance left)
    {
        if (_isOver)
        {
            left.Group.Drop();
            return;
        }
        Settings = left.Settings;
        _renamed = left.Renamed.Count > 0 ? left.Renamed : null;
        _leadership.Await(left.Nodes, left.Holder);
        _replica.Inherit(left.Messages, left.Returns);
        Begin(left.Group, RaftGroupStart.TakeOver(_self, new LogIndex(left.LastIndex), left.Released));
        _group!.Campaign();
    }

    private void Begin(LogGroup group, RaftGroupStart start)
    {
        _logGroup = group;
        _group = new RaftGroup(start, _options, Broker.NewRandom(), group, _owner);
        _group.Heartbeats = _transport.Register(Group, this);
    }

    /// <summary>The first member asks to lead at once: the others wait for longer.</summary>
    public void LeadFirst() => Post(QueueCommand.Campaign());

    /// <inheritdoc/>
    public void Receive(NodeId from, RaftMessage message) =>
        Post(QueueCommand.GroupMessage(new GroupLetter(from, message)));

    /// <inheritdoc/>
    public void Wake() => Post(QueueCommand.GroupWake());

    void IGroupOwner.Durable(Lsn lsn) => _durable.NoteDurable(lsn);

    void IGroupOwner.Moved(MovedEntries moves) => Post(QueueCommand.Moved(moves, isPaged: false));

    /// <summary>Reads payloads beside the turn.</summary>
    internal void ReadBeside(PayloadRead read) => Broker.Reader.Post(new MessageReader.Item(this, null, read));

    /// <summary>It cannot read what it has, and others can: it serves no more. False: there are no others.</summary>
    internal bool NoteUnreadable(UnreadableEntry entry) =>
        _compaction.TryPassBy(_group!, entry.Index) || _damage.Note(_group!, entry);

    /// <inheritdoc cref="MemberDamage.ServesOn"/>
    internal bool ServesOnDamaged => _damage.ServesOn(_group!);

    /// <summary>It is about to serve no more.</summary>
    private protected bool IsDamaged => _damage.IsFound;

    internal void BarrierReached(BarrierOutcome outcome) => _leadership.BarrierReached(_group!, outcome);

    internal long NowMs => Broker.NowMs;
    internal MessageBroker Node => Broker;

    /// <summary>The log while this member serves; null: it does not.</summary>
    internal ReplicatedLog? Leading => _leading;

    /// <summary>Messages are being read for who serves now.</summary>
    private protected virtual bool IsReading => Machine.Paging.IsFetching;

    /// <summary>What is done with what is being read for who serves no more; null: nothing is being read.</summary>
    private protected virtual Action? LeaveReading()
    {
        Paging gone = Machine.Paging;
        if (!gone.IsFetching)
            return null;
        return () =>
        {
            gone.Fetched();
            CarryOutEffects();
        };
    }

    /// <summary>Takes up what the replica has, to serve it.</summary>
    private protected virtual void Fill(Takeover takeover, Dictionary<long, Messages.Message> claimed)
    {
        long nowMs = Broker.NowMs;
        long[] handedOut = new long[Machine.Stored.HandedOut.Length];
        bool expires = Leadership.Fill(_replica, Machine, takeover.Claims, claimed, nowMs, _time.AheadMs, handedOut);
        _leading!.Begin(Machine, handedOut, expires, nowMs);
    }

    /// <summary>Takes in a message that has come for the first time.</summary>
    private protected virtual void Take(in QueueCommand command, QueueScratch scratch, long nowMs) =>
        base.Apply(command, scratch, nowMs);

    /// <summary>Carries out an effect that waited for a read barrier, or until it is committed.</summary>
    internal void CarryOutNow(in QueueEffect effect, QueueScratch scratch) => CarryOut(in effect, scratch);

    /// <summary>Has messages read; <see cref="QueueCommandKind.Fetched"/> follows.</summary>
    internal void Fetch(FetchBatch batch) => Broker.Reader.Post(new MessageReader.Item(this, batch));

    /// <summary>Says something about this queue in the node's log.</summary>
    internal void Report(LogLevel level, string text) => Broker.Log(
        level, LogCategory.Queue, $"Replicated queue '{Definition.Name}' in vhost '{Definition.Vhost}': {text}");

    protected override void Handle(ReadOnlySpan<QueueCommand> batch)
    {
        try
        {
            int from = 0;
            for (int at = 0; at < batch.Length; at++)
            {
                if (!IsOfMember(batch[at]))
                    continue;
                HandleClients(batch[from..at]);
                HandleOfMember(batch[at]);
                from = at + 1;
            }
            HandleClients(batch[from..]);
            GoOn();
        }
        catch (StorageFailedException)
        {
            Abandon();
        }
    }

    private protected override void Apply(in QueueCommand command, QueueScratch scratch, long nowMs)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Publish
                when _leading is { } log && command.Target is DeliveryChannel { Source.Process: not 0 } publisher:
                Publish(command, log, publisher, scratch, nowMs);
                break;
            case >= QueueCommandKind.SettleAt:
                Machine.CutOff.SettleAt(command, nowMs);
                break;
            default:
                base.Apply(command, scratch, nowMs);
                break;
        }
    }

    // One that is sent again is answered by what became of it; one that is new has its number noted with it.
    private void Publish(
        in QueueCommand command, ReplicatedLog log, DeliveryChannel publisher, QueueScratch scratch, long nowMs)
    {
        long number = command.Second;
        if (log.TryBegin(publisher, number, (command.Group as PublishGroup)?.Origin, out bool wasTaken))
        {
            Take(command, scratch, nowMs);
            log.EndPublish();
            return;
        }
        command.Message.Slab.Release(1);
        var ticket = new PublishTicket(command.Target, (ulong)number, command.Group);
        if (wasTaken)
            Waits.Await(ticket);
        else
            QueueReplies.Verdict(ticket, accepted: false, scratch);
    }

    private protected override bool Holds(in QueueEffect effect)
    {
        if (_leading is null)
            return false;
        if (effect is { Kind: QueueEffectKind.Answer, Answer: AnswerKind.Empty })
        {
            _leadership.AwaitBarrier(_group!, effect);
            return true;
        }
        bool waits = HeldEffects.MustWait(in effect)
            || (!_heldBack.IsEmpty && effect.Kind is not (QueueEffectKind.Confirm or QueueEffectKind.Release));
        if (waits)
            _heldBack.Add(in effect);
        return waits;
    }

    private protected override void Stamp()
    {
        _leading?.EndTurn(Broker.NowMs);
        base.Stamp();
        if (_leading is { } log)
            _heldBack.Stamp(log.LastLsn.Value);
    }

    private static bool IsOfMember(in QueueCommand command) => command.Kind switch
    {
        >= QueueCommandKind.GroupMessage and <= QueueCommandKind.ClaimsComplete => true,
        QueueCommandKind.Moved => !command.Flag,
        QueueCommandKind.Fetched or QueueCommandKind.DropLog or QueueCommandKind.Configure => true,
        _ => false,
    };

    private void HandleOfMember(in QueueCommand command)
    {
        if (command.Kind == QueueCommandKind.DropLog)
            End();
        else if (command.Kind == QueueCommandKind.Time)
            _time.Handle((TimeNews)command.Target!);
        else if (command.Kind == QueueCommandKind.Fetched)
            OnFetched(command);
        else if (command.Kind == QueueCommandKind.Ask)
            ((Action<RaftGroup?>)command.Target!)(_group);
        else if (command.Kind == QueueCommandKind.Inherit)
            Inherit((Inheritance)command.Target!);
        else if (command.Kind == QueueCommandKind.Members)
            Definition = (QueueDefinition)command.Target!;
        else if (command.Kind == QueueCommandKind.Configure && _group is null)
            Settings = (QueueSettings)command.Target!;
        if (_isOver || _group is null)
        {
            if (command.Kind == QueueCommandKind.HandOver)
                LeadershipHandover.Refuse(command);
            if (command.Kind == QueueCommandKind.Moved)
                ((MovedEntries)command.Target!).Complete();
            return;
        }
        switch (command.Kind)
        {
            case QueueCommandKind.GroupMessage:
                var letter = (GroupLetter)command.Target!;
                _group.Step(letter.From, letter.Message!);
                break;
            case QueueCommandKind.GroupWake:
                _group.Durable(_durable.DurableLsn);
                _group.TakeHeartbeats();
                break;
            case QueueCommandKind.GroupRead:
                _group.Complete((PayloadRead)command.Target!);
                break;
            case QueueCommandKind.Campaign:
                _leadership.LeadFirst();
                break;
            case QueueCommandKind.Members or QueueCommandKind.Inherit or QueueCommandKind.Ask:
                break;
            case QueueCommandKind.Standing:
                _reconciliation.Told((ReplicaStanding)command.Target!);
                break;
            case QueueCommandKind.HandOver or QueueCommandKind.Unreached:
                _handover.Handle(command, _group);
                break;
            case QueueCommandKind.Moved when _leadership.IsFetching || IsReading:
                _moves.Add((MovedEntries)command.Target!);
                break;
            case QueueCommandKind.Moved:
                _group.Moved((MovedEntries)command.Target!);
                break;
            case QueueCommandKind.Configure when _leading is null:
                Settings = (QueueSettings)command.Target!;
                break;
            case QueueCommandKind.Configure:
                HandleAll([command]);
                break;
            default:
                _leadership.Handle(command);
                break;
        }
    }

    // Everything that waits for what this turn has brought; until nothing more comes of it.
    private void GoOn()
    {
        if (_isOver || _group is null)
            return;
        if (_owner.IsHalted)
        {
            Retire();
            return;
        }
        _handover.Drive();
        do
        {
            _group.Flush();
        }
        while (!_owner.IsHalted && (Tend() | _reconciliation.Tend(_group)));
        if (_owner.IsHalted)
        {
            Retire();
            return;
        }
        _compaction.Tend(_group, Broker.Storage!.SegmentBytes, Broker.Replication!.Count);
        _inStep.Look(_group, _self, Broker.NowMs);
        _durable.AwaitDurable(_group.Awaited);
    }

    private bool Tend()
    {
        RaftGroup group = _group!;
        if (_leading is not null && Machine.Paging.Unreadable is { } unreadable)
            NoteUnreadable(unreadable);
        if (_leading is not null && (!_leadership.IsOf(group) || _leading.IsRefused || _damage.IsFound))
        {
            StopServing();
            return true;
        }
        if (_damage.IsFound)
            return _leadership.StandBack() | _damage.Tend(group);
        if (_leading is null)
            return _leadership.Tend(group);
        if (Machine.IsClosed && !_leading.IsAwaited)
            _leadership.LeaveDefinition();
        if (_leadership.EndsHolding(Machine, _leading))
            HandleAll([]);
        bool isNews = _leading.TryCommit(group.Commit.Value);
        _heldBack.CarryOut(group.Commit.Value, this);
        if (!isNews)
            return false;
        Waits.NoteCommitted(new Lsn(group.Commit.Value));
        _leading.Allow(Machine.Paging);
        HandleAll([QueueCommand.Tick(), QueueCommand.Durable()]);
        return true;
    }

    /// <summary>All is known that a leader must know: the queue is made of it, and serves.</summary>
    internal void Serve(Takeover takeover, Dictionary<long, Messages.Message> claimed, bool holds)
    {
        RaftGroup group = _group!;
        _leading = new ReplicatedLog(group, _replica, Broker, _time) { AwaitsHolder = holds };
        _leading.PassesUnreadable = ServesOnDamaged;
        Renew(_leading);
        Waits.NoteCommitted(new Lsn(group.Commit.Value));
        _leading.Allow(Machine.Paging);
        Machine.BeginGroup();
        HandleAll(takeover.HoldersFirst(_replica.State.Holder));
        Fill(takeover, claimed);
        if (!holds)
            Machine.EndGroup(Broker.NowMs);
        HandleAll([.. takeover.Waiting]);
    }

    private void StopServing()
    {
        _leading = null;
        _heldBack.Clear();
        // Fetched bytes of the machine that goes are given back when they come.
        _leadership.Stop(LeaveReading());
        Renew(new QueueLog());
    }

    private void OnFetched(in QueueCommand command)
    {
        bool isForMachine = !_leadership.TakeFetched();
        // Before the next is read from where they were.
        if (!_leadership.IsFetching && (isForMachine || !IsReading))
        {
            foreach (MovedEntries moves in _moves)
                _group?.Moved(moves);
            _moves.Clear();
        }
        if (isForMachine && _leading is not null)
            HandleAll([command]);
    }

    private void HandleClients(ReadOnlySpan<QueueCommand> commands)
    {
        if (commands.IsEmpty)
            return;
        if (_renamed is { } renamed)
            commands = Inheritance.NowNamed(commands, renamed);
        if (_leading is not null)
        {
            HandleAll(commands);
            return;
        }
        NoteTick();
        _leadership.Delay(commands);
    }

    // The others hear nothing of it any more, and go on without it.
    private void Retire()
    {
        if (_leading is not null)
            StopServing();
        else
            _leadership.Stop(null);
        _reconciliation.End();
        _group?.Close();
        if (_group is not { Heartbeats: { } slot } group)
            return;
        _transport.Remove(slot);
        group.Heartbeats = null;
    }

    private void End()
    {
        if (_isOver)
            return;
        _isOver = true;
        _handover.Abandon();
        Retire();
        foreach (MovedEntries moves in _moves)
            moves.Complete();
        _moves.Clear();
        _logGroup?.Drop();
        _group = null;
    }
}
