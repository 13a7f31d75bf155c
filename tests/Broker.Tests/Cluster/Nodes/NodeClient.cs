using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// A client: it keeps a connection to some node that serves, and comes again, to any, when it has lost it.
/// </summary>
internal abstract class NodeClient(NodesSimulation world)
{
    /// <summary>Within so many steps everything is answered, or the connection is over: a minute.</summary>
    public const long AnswerSteps = 12_000;

    private long _connectedAt;

    protected NodesSimulation World => world;

    protected Random Random => world.Random;

    protected long Now => world.Cluster.Network.Now;

    public SimulatedConnection? Connection { get; private set; }

    /// <summary>Channel 1 is open.</summary>
    protected bool IsReady { get; private set; }

    /// <summary>Since when the oldest request waits; 0: none does.</summary>
    protected abstract long WaitingSince { get; }

    /// <summary>It is to come to an end, and not to come again.</summary>
    public bool IsLeaving { get; set; }

    public void Step()
    {
        if (Connection is null)
        {
            if (!IsLeaving && Random.Next(20) == 0)
                Connect();
            return;
        }
        foreach (Received received in Connection.Take())
        {
            OnReceived(received);
            if (Connection is null)
                return;
        }
        if (Connection.IsOver)
        {
            if (Connection.Failure is { } failure)
                throw new NodesException($"{this}: the connection ends with {failure}");
            Drop();
            return;
        }
        long since = IsReady ? WaitingSince : _connectedAt;
        if (since > 0 && Now - since > AnswerSteps)
            throw new NodesException($"{this} was not answered from step {since} to {Now}");
        if (IsReady)
            Act();
    }

    /// <summary>The wire is cut, now.</summary>
    public void Cut()
    {
        Connection?.Cut();
        Drop();
    }

    /// <summary>The channel can be used.</summary>
    protected abstract void Begin();

    /// <summary>A step in which it may do something.</summary>
    protected abstract void Act();

    /// <summary>Something has come on channel 1.</summary>
    protected abstract void On(Received received);

    /// <summary>The server has closed the channel, or the connection.</summary>
    protected abstract void Closed(string reason, bool isConnection);

    /// <summary>Whatever was not answered never will be.</summary>
    protected abstract void Lost();

    protected virtual SimulatedNode? Choose()
    {
        SimulatedNode[] serving = [.. world.Cluster.Nodes.Where(node => node.IsServing)];
        return serving.Length == 0 ? null : serving[Random.Next(serving.Length)];
    }

    private void Connect()
    {
        if (Choose() is not { } node)
            return;
        Connection = node.Connect();
        _connectedAt = Now;
    }

    private void OnReceived(Received received)
    {
        switch (received.Method)
        {
            case MethodId.ConnectionClose:
                Closed(received.CloseReason, isConnection: true);
                Connection!.Send(new ConnectionCloseOk(), channel: 0);
                Connection.End();
                Drop();
                break;
            case MethodId.ConnectionCloseOk:
                Connection!.End();
                Drop();
                break;
            case MethodId.ChannelClose:
                Closed(received.CloseReason, isConnection: false);
                IsReady = false;
                _connectedAt = Now;
                Connection!.Send(new ChannelCloseOk());
                Connection.Send(new ChannelOpen());
                break;
            case MethodId.ChannelOpenOk:
                IsReady = true;
                Begin();
                break;
            default:
                if (received.Channel == 1)
                    On(received);
                break;
        }
    }

    private void Drop()
    {
        Connection = null;
        IsReady = false;
        Lost();
    }
}
