using Warren.Broker.Definitions;
using Warren.Broker.Durability;
using Warren.Broker.Messages;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Storage;
using Warren.Storage.Collections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// How a member comes to serve as leader, and ceases: it calls for what clients hold, waits for it, reads what they
/// hold, fills the machine. Before it begins again all that came to it as the leader of before has come. Owned by the
/// queue's turn.
/// </summary>
internal sealed class Leadership(ReplicatedQueue queue, ILeaderAnnouncer announcer)
{
    /// <summary>How long a client who has closed the queue may take to see to its definition.</summary>
    private const long RemovalMs = 5000;

    /// <summary>How often it looks whether those that it waits for are still there.</summary>
    private const long LookMs = 20;

    /// <summary>
    /// For so long the first member of a new queue asks to lead: sooner than any other would stand.
    /// </summary>
    private const long FirstMs = 1000;

    /// <summary>How often it asks. Others may not have the queue yet.</summary>
    private const long AskMs = 30;

    private LazyDictionary<long, QueueEffect> _barriers;
    private LazyQueue<Action> _given;
    private readonly FetchBatch _batch = new();
    private readonly Dictionary<long, Message> _claimed = [];
    private Queue<long>? _unread;
    private Takeover? _takeover;
    private Term _term;
    private LogIndex _from;
    private long _lastBarrier;
    private bool _isReading;
    private bool _isLeaving;
    private bool _isBegun;
    private long? _closedAtMs;
    private bool _isRemoved;
    private long _begunMs;
    private long _holdsUntilMs;
    private long _asksUntilMs;
    private long _asksAtMs;
    private IReadOnlyList<NodeId> _lines = [];
    private LoggedHolder _former;

    /// <summary>Messages are being read for this leadership, or for one that is over.</summary>
    public bool IsFetching => _isReading || _given.Count > 0;

    private long TakeoverMs => (long)queue.Node.QueueLinks!.Options.TakeoverPatience.TotalMilliseconds;

    private long HomePatienceMs => (long)queue.Node.QueueLinks!.Options.HomePatience.TotalMilliseconds;

    /// <summary>The queue has served these nodes' clients until now: the first leadership hears them all.</summary>
    /// <param name="lines">The nodes.</param>
    /// <param name="holder">Who of them had the queue to himself.</param>
    public void Await(IReadOnlyList<NodeId> lines, LoggedHolder holder) => (_lines, _former) = (lines, holder);

    /// <summary>It is still the leadership that was begun.</summary>
    public bool IsOf(RaftGroup group) => group.IsLeader && group.Term == _term;

    /// <summary>The queue is new, and this its first member.</summary>
    public void LeadFirst() => _asksUntilMs = queue.NowMs + FirstMs;

    /// <summary>Goes on with what is to be done before it serves; true if the queue has changed.</summary>
    public bool Tend(RaftGroup group)
    {
        if (_isBegun && !IsOf(group))
        {
            Stop(null);
            return true;
        }
        if (_asksUntilMs != 0 && AsksFirst(group))
            return true;
        if (!_isBegun)
        {
            if (_isLeaving || !group.MayDecide)
                return false;
            Begin(group);
            return true;
        }
        if (_takeover is not { } takeover)
            return false;
        if (_unread is null && group.Applied >= _from && queue.Time.TryLead(group, queue.Replica.State.Time)
            && takeover.IsOver(queue.NowMs, announcer))
            _unread = new Queue<long>(takeover.Claims.Keys.Where(queue.Replica.Messages.Contains).Order());
        if (_unread is null)
        {
            queue.TickAt(queue.NowMs + LookMs);
            return false;
        }
        if (_isReading || ReadNext())
            return false;
        _takeover = null;
        _unread = null;
        // Its node ends it, but not at once.
        QueueState state = queue.Replica.State;
        bool waits = state.Frontier is null && takeover.Former.Node.IsNone
            ? takeover.MissesHolder(queue.Settings) && IsAnybodyAway
            : takeover.Misses(state.Holder);
        _holdsUntilMs = waits ? _begunMs + HomePatienceMs : 0;
        queue.Serve(takeover, _claimed, holds: waits);
        ReleaseClaimed();
        return true;
    }

    /// <summary>
    /// While it serves: whoever had the queue to himself and is not heard of has been ended by now; once, when that
    /// was waited for.
    /// </summary>
    public bool EndsHolding(QueueMachine machine, ReplicatedLog log)
    {
        if (_holdsUntilMs == 0)
            return false;
        if (queue.NowMs < _holdsUntilMs)
        {
            queue.TickAt(_holdsUntilMs);
            return false;
        }
        _holdsUntilMs = 0;
        log.AwaitsHolder = false;
        machine.EndGroup(queue.NowMs);
        return true;
    }

    public void Handle(in QueueCommand command)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Left:
                _isLeaving = false;
                break;
            case QueueCommandKind.Claim:
                _takeover?.Claim((HeldClaim)command.Target!);
                break;
            case QueueCommandKind.ClaimsComplete:
                _takeover?.Heard((NodeId)command.Target!);
                break;
        }
    }

    /// <summary>
    /// The queue is closed for good. Who asked for that takes its definition out when he has his answer; if he is gone
    /// by then, nobody does but this.
    /// </summary>
    public void LeaveDefinition()
    {
        _closedAtMs ??= queue.NowMs;
        if (_isRemoved)
            return;
        // Nobody has asked for the end of what keeps delayed messages.
        long dueMs = _closedAtMs.Value + (queue.Definition.IsDelayStore ? 0 : RemovalMs);
        if (queue.NowMs < dueMs)
        {
            queue.TickAt(dueMs);
            return;
        }
        _isRemoved = true;
        queue.Node.Definitions.Post(new RemoveQueue(queue.Definition));
    }

    /// <summary>Commands of clients, while it does not serve.</summary>
    public void Delay(ReadOnlySpan<QueueCommand> commands)
    {
        foreach (ref readonly QueueCommand command in commands)
        {
            if (_takeover is { } takeover && command.Kind != QueueCommandKind.Tick)
                takeover.Add(in command);
            else
                Drop(in command);
        }
    }

    public void AwaitBarrier(RaftGroup group, in QueueEffect effect)
    {
        _barriers.Add(++_lastBarrier, effect);
        group.RequestBarrier(_lastBarrier);
    }

    public void BarrierReached(RaftGroup group, BarrierOutcome outcome)
    {
        if (!_barriers.Remove(outcome.Id, out QueueEffect effect))
            return;
        if (outcome.Index.Value == 0)
        {
            // Nobody has answered in time: as long as this leads, it is asked again.
            if (IsOf(group))
                AwaitBarrier(group, effect);
            return;
        }
        QueueScratch scratch = QueueScratch.ForThisThread;
        queue.CarryOutNow(in effect, scratch);
        scratch.Flush();
    }

    /// <summary>Ends, at once; whoever waits for something hears of it by his line.</summary>
    /// <param name="reading">
    /// What is done with what the machine that goes is being read, when it has been; null: nothing is being read.
    /// </param>
    public void Stop(Action? reading)
    {
        if (reading is not null)
            _given.Enqueue(reading);
        _barriers.Clear();
        queue.Time.End();
        if (_takeover is { } takeover)
        {
            foreach (QueueCommand command in takeover.Waiting)
                Drop(in command);
        }
        _takeover = null;
        _unread = null;
        _holdsUntilMs = 0;
        ReleaseClaimed();
        if (!_isBegun)
            return;
        _isBegun = false;
        _isLeaving = true;
        announcer.EndLeading(queue, () => queue.Post(QueueCommand.Left()));
    }

    /// <summary>Takes nothing over, also while this leads; true if it was about to.</summary>
    public bool StandBack()
    {
        if (!_isBegun)
            return false;
        Stop(null);
        return true;
    }

    /// <summary>Something has been read; false: for the machine of today.</summary>
    public bool TakeFetched()
    {
        if (_given.TryDequeue(out Action? giveBack))
        {
            giveBack();
            return true;
        }
        if (!_isReading)
            return false;
        _isReading = false;
        foreach (FetchItem item in _batch.Items)
        {
            if (!item.Message.IsResident)
            {
                if (_takeover is not null)
                    queue.NoteUnreadable(UnreadableEntry.Of(item.Position, item.IsRefused));
                continue;
            }
            if (_takeover is null)
                item.Message.Slab.Release(1);
            else if (!_claimed.TryAdd(item.Position, item.Message))
                item.Message.Slab.Release(1);
        }
        _batch.Clear();
        return true;
    }

    /// <summary>
    /// Makes the queue of what is live; nothing is delivered meanwhile. Takes out of <paramref name="claimed"/> what
    /// somebody holds. True: something in it expires.
    /// <para>What nobody holds and lies within the frontier may have been handed out; so may all of it, where there is
    /// no frontier and it is not known otherwise.</para>
    /// </summary>
    /// <param name="replica">What is live.</param>
    /// <param name="machine">A new one.</param>
    /// <param name="claims">Who holds what.</param>
    /// <param name="claimed">The bytes of that.</param>
    /// <param name="nowMs">Of the machine.</param>
    /// <param name="aheadMs">The queue's time less that.</param>
    /// <param name="handedOut">Gets how far all of each priority has been handed out.</param>
    public static bool Fill(
        QueueReplica replica, QueueMachine machine, Dictionary<long, Consumer?> claims,
        Dictionary<long, Message> claimed, long nowMs, long aheadMs, Span<long> handedOut)
    {
        bool expires = false;
        long[]? frontier = replica.State.Frontier;
        for (int priority = 0; priority < handedOut.Length && frontier is not null; priority++)
            handedOut[priority] = frontier[Math.Min(priority, frontier.Length - 1)];
        Span<long> lastHeld = stackalloc long[handedOut.Length];
        FindLastHeld(replica, claims, claimed, lastHeld);
        long after = 0;
        while (replica.Messages.TryNext(after, out ReplicaMessage message))
        {
            after = message.Index;
            expires |= message.ExpiresAt != long.MaxValue;
            int lane = Math.Min(message.Priority, handedOut.Length - 1);
            ref long last = ref handedOut[lane];
            bool isAgain = frontier is null ? !message.IsFresh : message.Index <= last || message.DeliveryCount > 0;
            if (frontier is null && isAgain)
                last = message.Index;
            var queued = new QueuedMessage
            {
                Message = new Message(
                    null!, 0, message.EnvelopeBytes, message.PropertiesBytes, message.BodyBytes),
                Record = message.Record,
                Position = message.Index,
                ExpiresAtMs = message.ExpiresAt == long.MaxValue
                    ? long.MaxValue
                    : Math.Max(nowMs, message.ExpiresAt - aheadMs),
                DeliveryCount = message.DeliveryCount,
                Priority = message.Priority,
                Flags = PublishFlags.Stored | (message.IsPersistent ? PublishFlags.Persistent : PublishFlags.None),
                Redelivered = isAgain,
            };
            if (message.IsFresh)
                replica.Messages.Find(message.Index).IsFresh = false;
            if (claims.TryGetValue(message.Index, out Consumer? holder)
                && claimed.Remove(message.Index, out Message bytes))
            {
                queued.Message = bytes;
                queued.Redelivered = true;
                machine.Stored.Hold(in queued, holder, nowMs);
            }
            else if (isAgain && message.Index < lastHeld[lane])
            {
                // Else what is held would come back in front of it.
                machine.Stored.RecoverReturned(in queued);
            }
            else
            {
                machine.Stored.Recover(in queued);
            }
        }
        return expires;
    }

    // By priority, the last that somebody holds: all before it has been handed out, too.
    private static void FindLastHeld(
        QueueReplica replica, Dictionary<long, Consumer?> claims, Dictionary<long, Message> claimed,
        Span<long> lastHeld)
    {
        lastHeld.Clear();
        foreach (long position in claimed.Keys)
        {
            if (!claims.ContainsKey(position) || !replica.Messages.Contains(position))
                continue;
            ref long last = ref lastHeld[Math.Min(replica.Messages.Find(position).Priority, lastHeld.Length - 1)];
            last = Math.Max(last, position);
        }
    }

    // A node that clients may be on is not reached.
    private bool IsAnybodyAway => queue.Node.Nodes.Sessions.Keys.Any(node => !announcer.IsUp(node));

    // True: the group has something to send.
    private bool AsksFirst(RaftGroup group)
    {
        long nowMs = queue.NowMs;
        if (nowMs >= _asksUntilMs || group.IsLeader || !group.Leader.IsNone)
        {
            _asksUntilMs = 0;
            return false;
        }
        bool asks = nowMs >= _asksAtMs && group.View.Role != RaftRole.Candidate;
        if (asks)
        {
            _asksAtMs = nowMs + AskMs;
            group.Campaign();
        }
        queue.TickAt(Math.Max(_asksAtMs, nowMs + 1));
        return asks;
    }

    private void Begin(RaftGroup group)
    {
        _isBegun = true;
        _term = group.Term;
        if (queue.Replica.State.IsClosed)
        {
            // Whoever closed it may not have lived to take its definition out.
            queue.Node.Definitions.Post(new RemoveQueue(queue.Definition));
            return;
        }
        _begunMs = queue.NowMs;
        // Of a term in which it has served before there may be more than is committed: it is all of the queue.
        _from = group.LastIndex;
        _takeover = new Takeover(announcer.Nodes, _begunMs + TakeoverMs, _lines, _begunMs + HomePatienceMs)
        {
            Former = _former,
        };
        _lines = [];
        _former = default;
        announcer.BeginLeading(queue, group.Term.Value);
    }

    // What was read for a leadership before this one need not be live any more.
    private void ReleaseClaimed()
    {
        foreach (Message message in _claimed.Values)
            message.Slab.Release(1);
        _claimed.Clear();
    }

    // False: nothing is left to read.
    private bool ReadNext()
    {
        while (!_batch.IsFull && _unread!.TryDequeue(out long position))
        {
            if (queue.Replica.Messages.TryNext(position - 1, out ReplicaMessage message) && message.Index == position)
            {
                _batch.Add(position, message.Record, new Message(
                    null!, 0, message.EnvelopeBytes, message.PropertiesBytes, message.BodyBytes));
            }
        }
        if (_batch.Count == 0)
            return false;
        _isReading = true;
        queue.Fetch(_batch);
        return true;
    }

    private static void Drop(in QueueCommand command)
    {
        switch (command.Kind)
        {
            case QueueCommandKind.Publish:
                command.Message.Slab.Release(1);
                break;
            case QueueCommandKind.Credit:
                ((Channels.PublishCredit)command.Target!).Give((int)command.Second);
                break;
            case QueueCommandKind.SaveState:
                ((Action)command.Target!)();
                break;
            case QueueCommandKind.ListConsumers:
                QueueReports.NoConsumers(command.Target!);
                break;
        }
    }
}
