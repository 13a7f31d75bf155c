using System.Runtime.InteropServices;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Delays;

/// <summary>
/// The messages that wait and whose turn to leave it is: in the order in which they are due, equals in the order in
/// which they came. Bytes that have left memory are read when they are due, and who is due behind them waits for that.
/// While this node is cut off from the majority all wait, as what clients publish does. Owned by the turn of whoever
/// keeps them.
/// </summary>
internal sealed class DelaySchedule
{
    /// <summary>Timers are armed for a day at most.</summary>
    private const long FarAwayMs = 86_400_000;

    /// <summary>How often it is looked whether nodes that are waited for are away by now.</summary>
    private const int AwayCheckMs = 100;

    private readonly MessageBroker _broker;
    private readonly IDelayKeeper _keeper;
    private readonly DelayRouting _routing;
    // Messages whose bytes are being read, in the order of the batch: one batch under way at a time.
    private readonly List<DueMessage> _fetching = [];
    private readonly FetchBatch _batch = new();
    private bool _awaitsGate;

    public DelaySchedule(MessageBroker broker, IDelayKeeper keeper)
    {
        _broker = broker;
        _keeper = keeper;
        _routing = new DelayRouting(broker, Waiting, keeper);
    }

    public WaitingMessages Waiting { get; } = new();

    /// <summary>Messages that wait; the turn's, others may read an old value.</summary>
    public int Count => Waiting.Count + _fetching.Count;

    /// <summary>Bytes are being read.</summary>
    public bool IsReading => _fetching.Count > 0;

    /// <summary>Everything goes that is due and can; what has begun to be held is tried again.</summary>
    public void RouteDue(long nowMs)
    {
        do
        {
            RouteFirst(nowMs);
        }
        while (!IsReading && GoOnWithHeld());
    }

    /// <summary>What the messages of an exchange waited for has been answered.</summary>
    public void LookAgain(DelayPlace place, bool isReached) => _routing.LookAgain(place, isReached);

    /// <summary>All queues that a message went to have answered for it.</summary>
    public void Answered(Departure departure) => _routing.Answered(departure);

    /// <summary>This node may route again.</summary>
    public void GateOpened() => _awaitsGate = false;

    /// <summary>Records were copied.</summary>
    public void Move(IReadOnlyList<MovedEntry> moves)
    {
        Waiting.Move(moves);
        foreach (ref DueMessage fetching in CollectionsMarshal.AsSpan(_fetching))
            WaitingMessages.Move(ref fetching.Message, moves);
    }

    /// <summary>What was wanted has been read; <see cref="RouteDue"/> goes on with it.</summary>
    public void TakeFetched()
    {
        int lost = 0;
        for (int at = 0; at < _fetching.Count; at++)
        {
            WaitingMessage due = _fetching[at].Message;
            due.Message = _batch.Items[at].Message;
            if (due.Message.IsResident)
            {
                // Not now: this node may have been cut off meanwhile. They are the first in the order.
                Waiting.Add(due, _fetching[at].Due.DueMs, _keeper.LastStored);
                continue;
            }
            lost++;
            Lose(due, _batch.Items[at].IsRefused);
        }
        _fetching.Clear();
        _batch.Clear();
        ReportLost(lost);
    }

    /// <summary>A message that has left the order cannot be read.</summary>
    public void Lose(in WaitingMessage message, bool isRefused)
    {
        Waiting.Leave(message.Place);
        _keeper.Lose(message, isRefused);
    }

    /// <summary>So many have been lost; 0: none.</summary>
    public void ReportLost(int count)
    {
        if (count > 0)
            _keeper.ReportLost(count);
    }

    /// <summary>Whatever is held is in the order again.</summary>
    public void PutBackHeld() => _routing.PutBackHeld();

    /// <summary>Somebody else keeps them from now on: what is in memory is given back.</summary>
    public void Abandon()
    {
        foreach (FetchItem item in _batch.Items)
        {
            if (item.Message.IsResident)
                item.Message.Slab.Release(1);
        }
        _fetching.Clear();
        _batch.Clear();
        Waiting.Clear();
    }

    private void RouteFirst(long nowMs)
    {
        while (!IsReading && Waiting.TryPeek(out DueTime due, out DelayPlace place, out bool isResident))
        {
            if (due.DueMs > nowMs)
            {
                _keeper.WakeIn(Math.Min(due.DueMs - nowMs, FarAwayMs));
                return;
            }
            if (!MayRoute())
                return;
            if (DelayRouting.IsHeldUp(place, due))
                _routing.HoldFirst(place, due);
            else if (isResident)
                _routing.Route(Waiting.Take(), due);
            else
                Fetch(nowMs);
        }
    }

    private bool GoOnWithHeld() =>
        _routing.GoOn(Waiting.TryPeek(out DueTime next, out _, out _) ? next : null);

    private bool MayRoute()
    {
        RoutingGate gate = _broker.Definitions.Gate;
        if (!gate.IsOpen)
        {
            if (!_awaitsGate)
                _keeper.AwaitGate();
            _awaitsGate = true;
            return false;
        }
        if (_routing.HasRoom)
            return true;
        // Else an answer comes.
        if (_routing.SendsToOthers)
            _keeper.WakeIn(AwayCheckMs);
        return false;
    }

    // Those that are due, up to the first whose bytes are here: that one goes behind them.
    private void Fetch(long nowMs)
    {
        while (!_batch.IsFull && Waiting.TryPeek(out DueTime due, out DelayPlace place, out bool isResident)
            && due.DueMs <= nowMs && !isResident)
        {
            if (DelayRouting.IsHeldUp(place, due))
            {
                _routing.HoldFirst(place, due);
                continue;
            }
            WaitingMessage taken = Waiting.Take();
            _fetching.Add(new DueMessage(taken, due));
            _batch.Add(taken.Number, taken.Record, taken.Message);
        }
        _keeper.Read(_batch);
    }
}
