using System.Text;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Gets all that a queue holds, in its order, when nobody else uses it; from one that has one active consumer at a time
/// it consumes, since not all of them can be got from.
/// </summary>
internal sealed class DrainingClient(NodesSimulation world, string queue, SimulatedNode node) : NodeClient(world)
{
    /// <summary>What was handed out has come after so many steps without faults.</summary>
    private const long LastSteps = 100;

    private readonly bool _consumes = SingleQueues.Names.Contains(queue);
    private long _askedAt;
    private long _cameAt;

    public List<string> Texts { get; } = [];

    /// <summary>Those of them that have been handed out before.</summary>
    public HashSet<string> Again { get; } = [];

    public bool IsDone { get; private set; }

    protected override long WaitingSince => _askedAt;

    public override string ToString() => $"the last client, of {node.Name} ({queue})";

    protected override SimulatedNode? Choose() => node;

    protected override void Begin()
    {
        if (!_consumes)
            return;
        _askedAt = Now;
        Connection!.Send(WireClient.Consume(queue, "c", noAck: true, noWait: false));
    }

    protected override void Act()
    {
        if (_askedAt > 0 || IsDone)
            return;
        if (_consumes)
        {
            if (Now - _cameAt > LastSteps && World.HomeOf(queue) is { ReadyCount: 0 })
                End();
            return;
        }
        _askedAt = Now;
        Connection!.Send(new BasicGet(queue, noAck: true));
    }

    protected override void On(Received received)
    {
        _askedAt = 0;
        _cameAt = Now;
        if (received.Method == MethodId.BasicConsumeOk)
            return;
        if (received.Method is MethodId.BasicGetOk or MethodId.BasicDeliver)
        {
            Texts.Add(Encoding.ASCII.GetString(received.Body).TrimEnd());
            if (received.IsRedelivered)
                Again.Add(Texts[^1]);
        }
        else if (received.Method == MethodId.BasicGetEmpty)
            End();
        else
            throw new NodesException($"{this} gets {received}");
    }

    protected override void Closed(string reason, bool isConnection) =>
        throw new NodesException($"{this} is told \"{reason}\"");

    protected override void Lost() => _askedAt = 0;

    private void End()
    {
        IsDone = true;
        Cut();
    }
}
