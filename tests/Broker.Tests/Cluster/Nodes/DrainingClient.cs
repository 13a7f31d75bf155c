using System.Text;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Gets all that a queue holds, in its order, when nobody else uses it.</summary>
internal sealed class DrainingClient(NodesSimulation world, string queue, SimulatedNode node) : NodeClient(world)
{
    private long _askedAt;

    public List<string> Texts { get; } = [];

    /// <summary>Those of them that have been handed out before.</summary>
    public HashSet<string> Again { get; } = [];

    public bool IsDone { get; private set; }

    protected override long WaitingSince => _askedAt;

    public override string ToString() => $"the last client, of {node.Name} ({queue})";

    protected override SimulatedNode? Choose() => node;

    protected override void Begin()
    {
    }

    protected override void Act()
    {
        if (_askedAt > 0 || IsDone)
            return;
        _askedAt = Now;
        Connection!.Send(new BasicGet(queue, noAck: true));
    }

    protected override void On(Received received)
    {
        _askedAt = 0;
        if (received.Method == MethodId.BasicGetOk)
        {
            Texts.Add(Encoding.ASCII.GetString(received.Body).TrimEnd());
            if (received.IsRedelivered)
                Again.Add(Texts[^1]);
        }
        else if (received.Method == MethodId.BasicGetEmpty)
        {
            IsDone = true;
            Cut();
        }
        else
            throw new NodesException($"{this} gets {received}");
    }

    protected override void Closed(string reason, bool isConnection) =>
        throw new NodesException($"{this} is told \"{reason}\"");

    protected override void Lost() => _askedAt = 0;
}
