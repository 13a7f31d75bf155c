using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// Declares, looks, binds, deletes, and publishes to what may be missing, one request after another. Each answer is
/// compared with what was answered to all such clients.
/// </summary>
internal sealed class DefiningClient(NodesSimulation world, int number) : NodeClient(world)
{
    public const string Exchange = "amq.direct";

    private Request? _request;
    private bool _isReturned;

    protected override long WaitingSince => _request?.Begun ?? 0;

    public override string ToString() => $"client {number} of {Connection?.Node.Name} ({_request})";

    protected override void Begin() => Connection!.Send(new ConfirmSelect(noWait: true));

    protected override void Act()
    {
        _request?.NoteHome(Connection!.Node);
        if (_request is not null || Random.Next(3) > 0)
            return;
        if (IsLeaving || Random.Next(60) == 0)
        {
            Cut();
            return;
        }
        string name = World.DrawName();
        bool mayDeclare = !Connection!.Node.IsJoiner;
        switch (Random.Next(8))
        {
            case 0 or 1 when mayDeclare:
                Ask(new Request(Wish.Declare, name, Now) { Change = World.Queue(name).Make(Now) });
                Connection.Send(Declare(name, isPassive: false));
                break;
            case 2 or 3:
                Ask(new Request(Wish.Look, name, Now));
                Connection.Send(Declare(name, isPassive: true));
                break;
            case 4:
                NameChange removal = World.Queue(name).Remove(Now);
                World.Binding(name).GoesWith(removal);
                Ask(new Request(Wish.Delete, name, Now) { Change = removal });
                Connection.Send(new QueueDelete(name, ifUnused: false, ifEmpty: false, noWait: false));
                break;
            case 5:
                Ask(new Request(Wish.Bind, name, Now) { Change = World.Binding(name).Make(Now) });
                Connection.Send(new QueueBind(name, Exchange, name, noWait: false, FieldTable.Empty));
                break;
            case 6:
                Ask(new Request(Wish.PublishToQueue, name, Now));
                Connection.Writer.AddPublish(1, "", name, [1], mandatory: true);
                Connection.Flush();
                break;
            default:
                Ask(new Request(Wish.PublishToBinding, name, Now));
                Connection.Writer.AddPublish(1, Exchange, name, [1], mandatory: true);
                Connection.Flush();
                break;
        }
    }

    protected override void On(Received received)
    {
        if (_request is not { } request)
            throw new NodesException($"{this} gets {received}, and has asked for nothing");
        NameHistory asked = request.Wish is Wish.PublishToBinding or Wish.Bind
            ? World.Binding(request.Name)
            : World.Queue(request.Name);
        switch (received.Method)
        {
            case MethodId.QueueDeclareOk when request.Wish == Wish.Look:
                Unless(!asked.MustNotBe(request.Begun, Now), "sees what is not there");
                break;
            case MethodId.QueueDeclareOk or MethodId.QueueBindOk or MethodId.QueueDeleteOk:
                request.Change!.Done(Now);
                World.CheckEverywhere(Connection!.Node, node => CheckAt(node, request));
                break;
            case MethodId.BasicReturn:
                _isReturned = true;
                Unless(
                    !asked.MustBe(request.Begun, Now) || IsHomeAway(request),
                    "gets a message back that has somewhere to go");
                return;
            case MethodId.BasicAck:
                Unless(_isReturned || !asked.MustNotBe(request.Begun, Now), "is told that nothing is routed");
                World.Report.Missing += _isReturned ? 1 : 0;
                break;
            case MethodId.BasicNack:
                break;
            default:
                throw new NodesException($"{this} gets {received}");
        }
        Answered();
    }

    protected override void Closed(string reason, bool isConnection)
    {
        if (_request is not { } request)
            return;
        World.Report.Missing++;
        if (reason.Contains("is down or inaccessible", StringComparison.Ordinal))
            Unless(IsHomeAway(request), $"is told \"{reason}\"");
        else if (reason.StartsWith("404 NOT_FOUND - no queue", StringComparison.Ordinal))
            Unless(!World.Queue(request.Name).MustBe(request.Begun, Now), $"is told \"{reason}\"");
        else
        {
            Unless(
                reason.Contains("definitions cannot be changed now", StringComparison.Ordinal)
                || reason.Contains("cannot be known", StringComparison.Ordinal)
                || reason.Contains("CONNECTION_FORCED", StringComparison.Ordinal),
                $"is told \"{reason}\"");
            World.Reasons.Add(reason);
        }
        // A deletion that was refused has perhaps closed the queue already.
        if (request.Wish is Wish.Declare or Wish.Bind && reason.StartsWith("404", StringComparison.Ordinal))
            request.Change!.Refused(Now);
        Answered();
    }

    protected override void Lost()
    {
        _request = null;
        _isReturned = false;
    }

    private void CheckAt(SimulatedNode node, Request request)
    {
        if (request.Wish != Wish.Bind)
            World.CheckQueueAt(node, request.Name);
        if (request.Wish != Wish.Declare)
            World.CheckBindingAt(node, request.Name);
    }

    private void Ask(Request request) => _request = request;

    private void Answered()
    {
        World.Report.Answered++;
        _request = null;
        _isReturned = false;
    }

    // The node that the queue lives on, while the request ran, was away at some time, as this one saw it, or could not
    // have heard of it: of one of that name before it may have, whose end it does not know either.
    private bool IsHomeAway(Request request)
    {
        SimulatedNode node = Connection!.Node;
        request.NoteHome(node);
        return request.Homes.Any(home =>
        {
            SimulatedNode other = World.Cluster.Nodes.First(one => one.Id == home.Node);
            return (other.Crashes > 0 && Math.Max(other.CrashedAt, other.StartedAt) >= request.Begun - 100)
                || World.Cluster.Network.LongestOutage(node.Id, other.Id, request.Begun - 100) > 350
                || (other.IsUp && request.QueueAt(other)?.Id != home.Queue && IsCutOff(other, request.Begun - 100));
        });
    }

    private bool IsCutOff(SimulatedNode node, long since) => World.Cluster.Nodes.Any(
        other => other != node && World.Cluster.Network.HadOutage(node.Id, other.Id, since, Now));

    private void Unless(bool holds, string what)
    {
        if (!holds)
            throw new NodesException($"{this} {what} at step {Now}, asked at {_request?.Begun}");
    }

    private static QueueDeclare Declare(string queue, bool isPassive) =>
        new(queue, isPassive, durable: true, exclusive: false, autoDelete: false, noWait: false, FieldTable.Empty);

    private enum Wish
    {
        Declare,
        Look,
        Delete,
        Bind,
        PublishToQueue,
        PublishToBinding,
    }

    private sealed record Request(Wish Wish, string Name, long Begun)
    {
        public NameChange? Change { get; init; }

        /// <summary>The other nodes that queues of this name lived on since it was asked.</summary>
        public HashSet<(NodeId Node, QueueId Queue)> Homes { get; } = [];

        public void NoteHome(SimulatedNode node)
        {
            if (QueueAt(node) is { Home: RemoteQueue standIn } queue)
                Homes.Add((standIn.HomeNode, queue.Id));
        }

        /// <summary>What a node has under this name; null: nothing.</summary>
        public QueueDefinition? QueueAt(SimulatedNode node) =>
            node.Broker?.Topology.Vhosts.TryGetValue("/", out Vhost? vhost) == true
                && vhost.Queues.TryGetValue(Name, out QueueDefinition? queue)
                ? queue
                : null;
    }
}
