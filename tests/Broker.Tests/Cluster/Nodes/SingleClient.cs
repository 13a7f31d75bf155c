using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Consumes from one of the queues that have one active consumer at a time; now and then it lets its consumer go, and
/// begins another one, or not.
/// </summary>
internal sealed class SingleClient(NodesSimulation world, int number) : ConsumingClient(world, number)
{
    private ActiveConsumer? _consumer;
    private long _consumeAskedAt;
    private bool _isCancelling;
    private int _tags;

    protected override long WaitingSince =>
        _consumeAskedAt == 0 || (base.WaitingSince > 0 && base.WaitingSince < _consumeAskedAt)
            ? base.WaitingSince
            : _consumeAskedAt;

    protected override string DrawQueue() => SingleQueues.Names[Random.Next(SingleQueues.Names.Count)];

    protected override bool DrawConsumes() => true;

    protected override void Consume()
    {
        _consumeAskedAt = Now;
        string tag = $"c{++_tags}";
        _consumer = World.Ledger.Actives.Begin(Queue, $"{this}, {tag}", Connection!);
        Connection!.Send(WireClient.Consume(Queue, tag, noAck: false, noWait: false));
    }

    protected override void Act()
    {
        if (!IsLeaving && !IsAsking && _consumeAskedAt == 0 && Random.Next(600) == 0)
            Change();
        else
            base.Act();
    }

    protected override void On(Received received)
    {
        switch (received.Method)
        {
            case MethodId.BasicConsumeOk:
                _consumeAskedAt = 0;
                if (_consumer is not null)
                    _consumer.ConfirmedAt = Now;
                break;
            case MethodId.BasicCancelOk:
                _isCancelling = false;
                Answered();
                break;
            default:
                base.On(received);
                break;
        }
    }

    protected override void Got(SentMessage message, bool isRedelivered)
    {
        if (_consumer is not null)
            World.Ledger.Actives.Got(_consumer, message, isRedelivered);
        else if (!_isCancelling && !IsClosing)
            throw new NodesException($"{this} got {message.Text} without a consumer");
    }

    protected override void LetGoAll()
    {
        EndConsumer();
        base.LetGoAll();
    }

    protected override void Lost()
    {
        base.Lost();
        _consumeAskedAt = 0;
        _isCancelling = false;
    }

    private void Change()
    {
        if (_consumer is null)
        {
            Consume();
            return;
        }
        Ask();
        EndConsumer();
        _isCancelling = true;
        Connection!.Send(new BasicCancel($"c{_tags}", noWait: false));
    }

    private void EndConsumer()
    {
        _consumer?.End();
        _consumer = null;
    }
}
