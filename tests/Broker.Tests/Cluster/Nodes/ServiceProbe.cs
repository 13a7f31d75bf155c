using System.Text;
using Warren.Amqp;
using Warren.Wire;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// A client of one node that publishes to each of the quorum queues that are always there, then gets something from
/// each, and must not be refused.
/// </summary>
internal sealed class ServiceProbe
{
    private readonly NodesSimulation _world;
    private readonly SimulatedNode _node;
    private readonly SimulatedConnection _connection;
    private readonly Dictionary<ulong, SentMessage> _unconfirmed = [];
    private readonly Queue<string> _toGet = new(Queues);
    private readonly string _name;
    private bool _isPublished;
    private bool _isAsked;

    public ServiceProbe(NodesSimulation world, SimulatedNode node)
    {
        (_world, _node, _connection) = (world, node, node.Connect());
        _name = $"probe-{world.Cluster.Network.Now}-{node.Name}";
    }

    /// <summary>Those that it uses.</summary>
    public static IReadOnlyList<string> Queues { get; } = ["m2", "m4"];

    /// <summary>It has been served.</summary>
    public bool IsDone => _isPublished && _unconfirmed.Count == 0 && _toGet.Count == 0 && !_isAsked;

    public override string ToString() =>
        $"a client of {_node.Name} waits for {_unconfirmed.Count} confirms, and for {_toGet.Count} of {Queues.Count} "
        + "queues to get from";

    public void Step()
    {
        foreach (Received received in _connection.Take())
            On(received);
        if (_isPublished && _unconfirmed.Count == 0 && !_isAsked && _toGet.Count > 0)
        {
            _isAsked = true;
            _connection.Send(new BasicGet(_toGet.Peek(), noAck: false));
        }
    }

    public void End() => _connection.Cut();

    private void On(Received received)
    {
        switch (received.Method)
        {
            case MethodId.ChannelOpenOk:
                Publish();
                break;
            case MethodId.BasicAck:
                foreach (ulong number in received.IsMultiple
                    ? [.. _unconfirmed.Keys.Where(one => one <= received.Sequence)]
                    : (ulong[])[received.Sequence])
                {
                    _unconfirmed.Remove(number, out SentMessage? message);
                    message!.IsConfirmed = true;
                }
                break;
            case MethodId.BasicGetOk:
                string text = Encoding.ASCII.GetString(received.Body).TrimEnd();
                _world.Ledger.Arrived(_toGet.Dequeue(), text, received.IsRedelivered, _name, _node);
                _connection.Send(new BasicNack(received.DeliveryTag, multiple: false, requeue: true));
                _isAsked = false;
                break;
            case MethodId.BasicGetEmpty:
                _toGet.Dequeue();
                _isAsked = false;
                break;
            case MethodId.BasicNack or MethodId.ChannelClose or MethodId.ConnectionClose:
                throw new NodesException(
                    $"a client of {_node.Name} is refused while two nodes are cut from each other: {received} "
                    + (received.Method == MethodId.BasicNack ? "" : received.CloseReason));
        }
    }

    private void Publish()
    {
        _isPublished = true;
        _connection.Send(new ConfirmSelect(noWait: true));
        foreach (string queue in Queues)
        {
            ulong number = (ulong)_unconfirmed.Count + 1;
            SentMessage message = _world.Ledger.Sent(_name, (int)number, long.MaxValue, 0, queue);
            _unconfirmed.Add(number, message);
            _connection.Writer.AddPublish(
                1, "", queue, Encoding.ASCII.GetBytes(message.Text),
                new BasicProperties { DeliveryMode = 2 }.ToArray());
        }
        _connection.Flush();
    }
}
