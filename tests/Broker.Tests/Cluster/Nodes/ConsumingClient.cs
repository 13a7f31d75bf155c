using System.Text;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Consumes from one of the queues that are always there, or gets from it, and acknowledges, rejects or returns what
/// comes; now and then it asks for something, so that it knows that all it has sent was taken.
/// </summary>
internal class ConsumingClient(NodesSimulation world, int number) : NodeClient(world)
{
    private readonly List<Held> _held = [];
    private readonly List<Held> _settled = [];
    private readonly Dictionary<string, int> _last = [];
    private bool _consumes;
    private long _askedAt;
    // The settlements before this one were sent before the question.
    private int _covered;

    protected override long WaitingSince => _askedAt;

    protected string Queue { get; private set; } = "";

    /// <summary>It has asked for the connection's end: what comes now goes back with it.</summary>
    protected bool IsClosing { get; private set; }

    /// <summary>A question is not answered yet.</summary>
    protected bool IsAsking => _askedAt > 0;

    public override string ToString() => $"consumer {number} of {Connection?.Node.Name} ({Queue})";

    protected override void Begin()
    {
        Queue = DrawQueue();
        _consumes = DrawConsumes();
        _last.Clear();
        Connection!.Send(new BasicQos(0, (ushort)Random.Next(1, 20), global: false));
        Ask();
        if (_consumes)
            Consume();
    }

    protected virtual string DrawQueue() => $"m{Random.Next(NodesSimulation.Queues)}";

    /// <summary>Or it gets what there is.</summary>
    protected virtual bool DrawConsumes() => Random.Next(4) > 0;

    protected virtual void Consume() =>
        Connection!.Send(WireClient.Consume(Queue, "c", noAck: false, noWait: true));

    /// <summary>A message has come.</summary>
    protected virtual void Got(SentMessage message, bool isRedelivered)
    {
    }

    protected override void Act()
    {
        if (IsLeaving || Random.Next(1500) == 0)
        {
            if (IsLeaving && _settled.Count > 0)
                AskWhenSettled();
            else if (Random.Next(2) == 0)
                Cut();
            else if (_askedAt == 0)
            {
                _askedAt = Now;
                IsClosing = true;
                LetGoAll();
                Connection!.Send(new ConnectionClose(200, "bye", 0, 0), channel: 0);
            }
            return;
        }
        if (!_consumes && _askedAt == 0 && Random.Next(6) == 0)
        {
            Ask();
            Connection!.Send(new BasicGet(Queue, noAck: false));
            return;
        }
        if (_held.Count > 0 && Random.Next(4) == 0)
            Settle(Random.Next(_held.Count));
        AskWhenSettled();
    }

    protected override void On(Received received)
    {
        switch (received.Method)
        {
            case MethodId.BasicDeliver or MethodId.BasicGetOk:
                Arrived(received);
                if (received.Method == MethodId.BasicGetOk)
                    Answered();
                break;
            case MethodId.BasicGetEmpty or MethodId.BasicQosOk:
                Answered();
                break;
            case MethodId.BasicCancel:
                Cut();
                break;
            default:
                throw new NodesException($"{this} gets {received}");
        }
    }

    protected override void Closed(string reason, bool isConnection)
    {
        if (!reason.Contains("is down or inaccessible", StringComparison.Ordinal)
            && !reason.Contains("definitions cannot be changed now", StringComparison.Ordinal)
            && !(World.Ledger.MayBeReplicated(Queue)
                && (reason.Contains("has no leader", StringComparison.Ordinal)
                    || reason.Contains("is not reachable from this node", StringComparison.Ordinal)))
            && !reason.Contains("CONNECTION_FORCED", StringComparison.Ordinal))
            throw new NodesException($"{this} is told \"{reason}\" at step {Now}");
        World.Reasons.Add(reason);
        Lost();
    }

    protected override void Lost()
    {
        LetGoAll();
        IsClosing = false;
        _held.Clear();
        _settled.Clear();
        _askedAt = 0;
        _covered = 0;
    }

    private void Arrived(Received received)
    {
        string text = Encoding.ASCII.GetString(received.Body).TrimEnd();
        (SentMessage message, MessageCopy copy) = World.Ledger.Arrived(
            Queue, text, received.IsRedelivered, ToString(), Connection!.Node, IsClosing);
        if (!received.IsRedelivered && Queue != MessageLedger.DeadLetters && message.SoonestAt == 0)
        {
            if (_last.TryGetValue(message.Publisher, out int last) && last > message.Sequence)
                throw new NodesException($"{this} got {text} behind number {last} of the same publisher");
            _last[message.Publisher] = message.Sequence;
        }
        Got(message, received.IsRedelivered);
        SimulatedNode node = Connection!.Node;
        (int, int) crashes = World.Ledger.CrashesOf(node, Queue);
        if (!IsClosing)
            copy.Holding = new Holding(this, ToString(), node, Now, crashes);
        _held.Add(new Held(received.DeliveryTag, copy, Now, crashes));
    }

    /// <summary>Nothing that it has is its any more.</summary>
    protected virtual void LetGoAll()
    {
        foreach (Held one in _held)
            LetGo(one.Copy);
    }

    // Unless somebody else has it by now.
    private void LetGo(MessageCopy copy)
    {
        if (copy.Holding?.Client == this)
            copy.Holding = null;
    }

    private void Settle(int at)
    {
        LetGo(_held[at].Copy);
        switch (Random.Next(10))
        {
            case 0:
                Connection!.Send(new BasicNack(_held[at].Tag, multiple: false, requeue: true));
                _held.RemoveAt(at);
                break;
            case 1 when Queue == MessageLedger.Rejecting:
                Connection!.Send(new BasicReject(_held[at].Tag, requeue: false));
                World.Ledger.Settle(_held[at].Copy, rejects: true);
                _held.RemoveAt(at);
                break;
            case 2:
                Connection!.Send(new BasicAck(_held[at].Tag, multiple: true));
                for (; at >= 0; at--)
                    Acknowledged(0);
                break;
            default:
                Connection!.Send(new BasicAck(_held[at].Tag, multiple: false));
                Acknowledged(at);
                break;
        }
    }

    private void Acknowledged(int at)
    {
        LetGo(_held[at].Copy);
        World.Ledger.Settle(_held[at].Copy, rejects: false);
        _held[at].Copy.Trail.Add($"step {Now}: {this} acknowledges");
        _settled.Add(_held[at]);
        _held.RemoveAt(at);
    }

    private void AskWhenSettled()
    {
        if (_askedAt > 0 || _settled.Count == 0 || Random.Next(10) > 0)
            return;
        Ask();
        Connection!.Send(new BasicQos(0, (ushort)Random.Next(1, 20), global: false));
    }

    /// <summary>What comes next is a question.</summary>
    protected void Ask()
    {
        _askedAt = Now;
        _covered = _settled.Count;
    }

    /// <summary>It is answered: all that was sent before it was taken.</summary>
    protected void Answered()
    {
        _askedAt = 0;
        foreach (Held one in _settled.Take(_covered))
            World.Ledger.Taken(Queue, one.Copy, Connection!.Node, one.ArrivedAt, one.Crashes);
        _settled.RemoveRange(0, _covered);
        _covered = 0;
    }

    private readonly record struct Held(
        ulong Tag, MessageCopy Copy, long ArrivedAt, (int Taker, int Home) Crashes);
}
