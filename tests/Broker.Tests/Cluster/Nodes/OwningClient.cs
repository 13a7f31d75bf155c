using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Wants an exclusive queue for itself that others want too, has it for a while, and goes. As long as its connection
/// lives the queue is its own: if its node's session is over, and the queue with it, the connection has to end.
/// </summary>
internal sealed class OwningClient(NodesSimulation world, int number) : NodeClient(world)
{
    /// <summary>
    /// Within so many steps the connection ends of whom its own queue is said to be no more: its node may stand still
    /// meanwhile.
    /// </summary>
    private const long EndSteps = 2 * SimulatedNetwork.SilenceSteps;

    private string _wanted = "";
    private long _askedAt;
    private long _ownsUntil;
    private long _toldGoneAt;
    private bool _isPatient;
    private bool _isClosing;

    /// <summary>The queue that is this client's alone, as far as it knows.</summary>
    public string? Owned { get; private set; }

    /// <summary>The session of its node when it was told so.</summary>
    public NodeSession? Session { get; private set; }

    protected override long WaitingSince => _askedAt;

    public override string ToString() => $"owner {number} of {Connection?.Node.Name} ({_wanted})";

    protected override void Begin()
    {
        if (_toldGoneAt > 0)
            return;
        _wanted = $"e{Random.Next(2)}";
        Declare(isPassive: false);
    }

    protected override void Act()
    {
        if (_toldGoneAt > 0 && Now - _toldGoneAt > EndSteps)
        {
            throw new NodesException(
                $"{this} has lost its queue at step {_toldGoneAt}, and not its connection at {Now}");
        }
        if (Owned is null || _askedAt > 0)
            return;
        if (Now < _ownsUntil && !IsLeaving)
        {
            // A question to a node that is cut off would end with the connection.
            if (Random.Next(30) == 0 && (!_isPatient || Connection!.Node.Store.HasLease))
                Declare(isPassive: true);
        }
        else if (Random.Next(2) == 0)
        {
            _isClosing = true;
            Owned = null;
            _askedAt = Now;
            Connection!.Send(new ConnectionClose(200, "bye", 0, 0), channel: 0);
        }
        else
            Cut();
    }

    protected override void On(Received received)
    {
        if (received.Method != MethodId.QueueDeclareOk)
            throw new NodesException($"{this} gets {received}");
        _askedAt = 0;
        if (Owned is not null || _isClosing)
            return;
        World.Report.Owned++;
        // Some stay longer than a node that is cut off keeps its session.
        _isPatient = Random.Next(2) == 0;
        _ownsUntil = Now + Random.Next(_isPatient ? 6000 : 400);
        Owned = _wanted;
        Session = Connection!.Node.Broker!.Nodes.Sessions.GetValueOrDefault(Connection.Node.Id);
        foreach (OwningClient other in World.Owners)
        {
            // The other may not have heard that its node's session is over; this one's node knows.
            if (other != this && other.Owned == Owned && other.Connection is { IsOver: false } connection
                && other.Session is { } session
                && Connection.Node.Broker.Nodes.Sessions.GetValueOrDefault(connection.Node.Id) == session)
                throw new NodesException($"{this} and {other} both own {Owned} at step {Now}");
        }
    }

    protected override void Closed(string reason, bool isConnection)
    {
        _askedAt = 0;
        // With its node's session the queue has gone, and may be another's before this connection is closed for it.
        NodeSession? session = Connection!.Node.Broker?.Nodes.Sessions.GetValueOrDefault(Connection.Node.Id);
        if (Owned is not null && !isConnection && session is not null && session == Session)
            throw new NodesException($"{this} owns its queue and is told \"{reason}\" at step {Now}");
        if (Owned is not null && !isConnection)
            _toldGoneAt = Now;
        else if (Owned is not null && reason.Contains("its exclusive queues were deleted", StringComparison.Ordinal))
            World.Report.Bereft++;
        bool isExpected = reason.Contains("RESOURCE_LOCKED", StringComparison.Ordinal)
            || _toldGoneAt > 0
            || reason.Contains("definitions cannot be changed now", StringComparison.Ordinal)
            || reason.Contains("CONNECTION_FORCED", StringComparison.Ordinal);
        if (!isExpected)
            throw new NodesException($"{this} is told \"{reason}\" at step {Now}");
        World.Reasons.Add(reason);
        Owned = null;
    }

    protected override void Lost()
    {
        Owned = null;
        Session = null;
        _askedAt = _toldGoneAt = 0;
        _isClosing = false;
    }

    private void Declare(bool isPassive)
    {
        _askedAt = Now;
        Connection!.Send(new QueueDeclare(
            _wanted, isPassive, durable: false, exclusive: true, autoDelete: false, noWait: false, FieldTable.Empty));
    }
}
