using System.Text;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Topology;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// A broker on one thread, and a test that is the other node: it sends what it likes, and sees what comes back.
/// </summary>
internal sealed class VisitedNode : ITurnScheduler, IDisposable
{
    private readonly Queue<IThreadPoolWorkItem> _turns = new();
    private readonly PeeredBroker _peered;
    private NodeId? _reader;

    public VisitedNode()
    {
        _peered = new PeeredBroker(this, Time, TrySend, founds: true, Lines.Add) { Closing = Closed.Add };
        Settle();
        Peer.Up(process: 7);
        Settle();
    }

    public MessageBroker Broker => _peered.Broker;

    public ManualTime Time { get; } = new();

    public LinePeer Peer => _peered.Peer;

    public List<string> Lines { get; } = [];

    /// <summary>What goes to other nodes.</summary>
    public List<(ushort Kind, byte[] Body, NodeId To)> Sent { get; } = [];

    /// <summary>Why its link was ended.</summary>
    public List<string> Closed { get; } = [];

    /// <summary>Nothing finds room, or a link.</summary>
    public bool IsFull { get; set; }

    public NodeId Self => _peered.Self;

    public long Process => _peered.Process;

    public void Dispose() => _peered.Dispose();

    /// <summary>Everything that waits is done.</summary>
    public void Settle() => _peered.Settle(_turns, _turns.Dequeue);

    public void Pass(int ms)
    {
        for (; ms > 0; ms -= 100)
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            Settle();
        }
    }

    /// <summary>A queue that lives here.</summary>
    public QueueDefinition Declare(string name, FieldTable? arguments = null)
    {
        Task declared = Broker.Operations.DeclareAsync("/", name, true, false, arguments ?? FieldTable.Empty);
        Settle();
        Assert.True(declared.IsCompletedSuccessfully);
        return Find(name);
    }

    /// <summary>A queue that lives on the other node.</summary>
    public QueueDefinition DeclareThere(string name)
    {
        var entry = new QueueEntry
        {
            Vhost = "/",
            Name = name,
            Durable = true,
            HomeNode = PeeredBroker.Other,
            DeclaredArguments = FieldTable.Empty,
        };
        Broker.Definitions.Post(new TurnEvent(() => Broker.Definitions.Commit([entry])));
        Settle();
        return Find(name);
    }

    /// <summary>Publishes a message here, and does everything that comes of it.</summary>
    public void Publish(QueueDefinition queue)
    {
        Message message = MessageInOwnSlab.Store(
            Broker.Slabs, [], Encoding.UTF8.GetBytes(queue.Name), new BasicProperties().ToArray(), [1]);
        queue.Home.Post(QueueCommand.Publish(message, 0, false, ttlMs: -1, null, 0, null));
        Settle();
    }

    /// <summary>What the lane holds and was not sent before comes from the other node.</summary>
    public void Send(LaneSender lane, long queue, long line = 1, NodeId? from = null)
    {
        _reader = from ?? PeeredBroker.Other;
        lane.Send(Peer, queue, line);
        _reader = null;
    }

    /// <summary>This comes from another node; null: from the one that there is.</summary>
    public void Arrive(ushort kind, ReadOnlySpan<byte> body, NodeId? from = null) => _peered.Arrive(kind, body, from);

    void ITurnScheduler.Schedule(IThreadPoolWorkItem turn) => Enqueue(turn);

    void ITurnScheduler.ScheduleNext(IThreadPoolWorkItem loop) => Enqueue(loop);

    private QueueDefinition Find(string name) =>
        Broker.Topology.Vhosts.TryGetValue("/", out Vhost? vhost)
        && vhost.Queues.TryGetValue(name, out QueueDefinition? queue)
            ? queue
            : throw new InvalidOperationException($"no queue {name}");

    private bool TrySend(NodeId to, ushort kind, ReadOnlySpan<byte> body)
    {
        if (_reader is { } from)
            Arrive(kind, body, from);
        else if (IsFull)
            return false;
        else
            Sent.Add((kind, body.ToArray(), to));
        return true;
    }

    private void Enqueue(IThreadPoolWorkItem turn) => _turns.Enqueue(turn);
}
