using System.Runtime.InteropServices;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Topology;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// What waits on this node at an exchange whose messages several nodes keep from now on goes to them, in the order in
/// which it came, and waits there for as long as it would have here. A stored one is released here when it is committed
/// there. Owned by the turn of <see cref="DelayedMessages"/>.
/// </summary>
/// <param name="broker">The node's.</param>
/// <param name="schedule">What waits here.</param>
/// <param name="log">Of what is stored.</param>
/// <param name="read">Has messages read, and calls back.</param>
/// <param name="post">Has the turn call something.</param>
internal sealed class DelayMoves(
    MessageBroker broker, DelaySchedule schedule, DelayLog log, Action<FetchBatch, Action> read, Action<Action> post)
{
    private readonly Dictionary<DelayPlace, DelayMove> _moves = [];
    // Exchanges, as vhost and name, of which this node keeps what it has for as long as its process lives.
    private readonly HashSet<(string Vhost, string Exchange)> _givenUp = [];
    private bool _isToLook;

    /// <summary>Messages that are on their way, or are to go.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes are being read.</summary>
    public bool IsReading => _moves.Values.Any(static move => move.IsReading);

    /// <summary>There may be something to move.</summary>
    public void LookAgain() => _isToLook = true;

    /// <summary>
    /// A message that has come here behind others goes where they go, behind them; false: it stays, with those that are
    /// here, if there are some.
    /// </summary>
    public bool TryAdd(in WaitingMessage message, long dueMs)
    {
        if (FindStore(message.Place) is not { } store)
            return false;
        bool goesOn = _moves.TryGetValue(message.Place, out DelayMove? move) && move.Store == store;
        if (!goesOn && message.Place.Waiting > 1)
        {
            _isToLook = true;
            return false;
        }
        MoveOf(message.Place, store).Left.Enqueue(new DueMessage(message, new DueTime(dueMs, message.Number)));
        Count++;
        return true;
    }

    /// <summary>The end of a turn: as much goes as there is room for.</summary>
    public void GoOn(long nowMs)
    {
        if (_isToLook && !schedule.IsReading)
            Look();
        foreach (DelayMove move in _moves.Values.ToList())
            Send(move, nowMs);
    }

    /// <summary>
    /// One of the exchange's cannot be read, and stays for the next start: it could not follow those behind it, so they
    /// stay, too, for as long as this process lives.
    /// </summary>
    public void GiveUp(DelayPlace place) => _givenUp.Add((place.Vhost, place.Exchange));

    /// <summary>Records were copied.</summary>
    public void Move(IReadOnlyList<MovedEntry> moves)
    {
        foreach (DelayMove move in _moves.Values)
            move.NoteMoved(moves);
    }

    private QueueHome? FindStore(DelayPlace place) => broker.Replication is not null
        && !_givenUp.Contains((place.Vhost, place.Exchange))
        && broker.Topology.Vhosts.TryGetValue(place.Vhost, out Vhost? vhost)
        && vhost.DelayStores.TryGetValue(place.Exchange, out QueueDefinition? store)
            ? store.Home
            : null;

    // Their numbers rise where they go: what has departed from here, and may have to go once more after a crash, would
    // be taken for one that is there. So it is waited for, and so is a move to a store that is gone.
    private void Look()
    {
        List<DelayPlace> stored = [.. schedule.Waiting.Places.Where(place => FindStore(place) is not null)];
        List<DelayPlace> places = [.. stored.Where(place => place.Departed == 0
            && (!_moves.TryGetValue(place, out DelayMove? move) || move.Store == FindStore(place)))];
        _isToLook = places.Count < stored.Count;
        if (places.Count == 0)
            return;
        schedule.PutBackHeld();
        foreach (DelayPlace place in places)
        {
            DelayMove move = MoveOf(place, FindStore(place)!);
            foreach (DueMessage waiting in schedule.Waiting.TakeAll(place))
            {
                move.Left.Enqueue(waiting);
                Count++;
            }
        }
    }

    private DelayMove MoveOf(DelayPlace place, QueueHome store)
    {
        ref DelayMove? move = ref CollectionsMarshal.GetValueRefOrAddDefault(_moves, place, out bool isKnown);
        if (!isKnown)
            move = new DelayMove(store);
        return move!;
    }

    private void Send(DelayMove move, long nowMs)
    {
        while (!move.IsReading && move.UnansweredBytes < LineOptions.FullBytes
            && move.Left.TryPeek(out DueMessage next))
        {
            if (!next.Message.Message.IsResident)
            {
                Read(move);
                return;
            }
            move.Left.Dequeue();
            Send(move, next, nowMs);
        }
    }

    private void Send(DelayMove move, DueMessage sent, long nowMs)
    {
        Message message = sent.Message.Message;
        move.UnansweredBytes += WeightOf(message);
        PropertiesView properties = PropertiesView.Parse(message.Properties);
        // The number of one that is not stored may be another's after a restart, and it cannot come twice.
        var group = new PublishGroup(1, accepted => post(() => Answered(move, sent, accepted)))
        {
            IsKeptUntilSafe = true,
            GoesAgain = true,
            Origin = sent.Message.IsStored
                ? new PublishOrigin(PublishSource.OfDelaysOn(broker.QueueLinks!.Self), sent.Message.Number)
                : null,
        };
        message.Slab.AddReferences(1);
        long leftMs = Math.Max(0, sent.Due.DueMs - nowMs);
        move.Store.Post(QueueCommand.Publish(
            message, properties.Priority, properties.IsPersistent, leftMs, null, 0, group));
    }

    private void Answered(DelayMove move, in DueMessage sent, bool accepted)
    {
        WaitingMessage message = sent.Message;
        Count--;
        move.UnansweredBytes -= WeightOf(message.Message);
        if (!accepted)
        {
            // There is nobody any more who would keep it, or somebody else.
            schedule.Waiting.Add(message, sent.Due.DueMs, log.LastLsn);
            _isToLook = true;
        }
        else
        {
            if (message.IsStored)
                log.Release(message.Number);
            message.Message.Slab.Release(1);
            schedule.Waiting.Leave(message.Place);
        }
        if (move.UnansweredBytes == 0 && move.Left.Count == 0 && !move.IsReading)
            _moves.Remove(message.Place);
    }

    // The first of those that are left, up to one whose bytes are here.
    private void Read(DelayMove move)
    {
        while (!move.Batch.IsFull && move.Left.TryPeek(out DueMessage next) && !next.Message.Message.IsResident)
        {
            move.Left.Dequeue();
            move.Reading.Add(next);
            move.Batch.Add(next.Message.Number, next.Message.Record, next.Message.Message);
        }
        read(move.Batch, () => TakeRead(move));
    }

    private void TakeRead(DelayMove move)
    {
        long nowMs = broker.NowMs;
        int lost = 0;
        DueMessage[] taken = [.. move.Reading];
        bool[] refused = [.. move.Batch.Items.ToArray().Select(static item => item.IsRefused)];
        for (int at = 0; at < taken.Length; at++)
            taken[at].Message.Message = move.Batch.Items[at].Message;
        move.Reading.Clear();
        move.Batch.Clear();
        for (int at = 0; at < taken.Length; at++)
        {
            if (taken[at].Message.Message.IsResident)
            {
                Send(move, taken[at], nowMs);
                continue;
            }
            lost++;
            Count--;
            WaitingMessage message = taken[at].Message;
            schedule.Lose(message, refused[at]);
            if (!refused[at])
                continue;
            // The others go on from here, until a start tries again.
            GiveUp(message.Place);
            Stay([.. taken[(at + 1)..], .. move.Left]);
            move.Left.Clear();
            break;
        }
        schedule.ReportLost(lost);
    }

    private void Stay(IEnumerable<DueMessage> messages)
    {
        foreach (DueMessage message in messages)
        {
            schedule.Waiting.Add(message.Message, message.Due.DueMs, log.LastLsn);
            Count--;
        }
    }

    private static long WeightOf(in Message message) => message.SizeBytes + PublishCredit.MessageOverheadBytes;
}
