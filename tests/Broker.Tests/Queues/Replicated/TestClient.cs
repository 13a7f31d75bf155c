using System.Text;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>What a leader tells one client: verdicts by number, deliveries in order.</summary>
internal sealed class TestClient
{
    /// <param name="node">Where its stand-in is.</param>
    public TestClient(int node = 9)
    {
        var outbox = new TestOutbox(this);
        Publisher = new SourceChannel(outbox, node);
        Channel = new DeliveryChannel(2, outbox, null);
    }

    public DeliveryChannel Publisher { get; }

    public DeliveryChannel Channel { get; }

    public Dictionary<long, bool> Verdicts { get; } = [];

    public List<TestDelivery> Deliveries { get; } = [];

    /// <summary>A consumer, of a client of this node if one is named.</summary>
    public Consumer Consumer(bool noAck = false, int prefetch = 0, NodeId? node = null, long number = 0) => new()
    {
        Tag = "consumer",
        Channel = node is { } of ? new NodeChannel(Channel.Outbox, of) : Channel,
        NoAck = noAck,
        PrefetchCount = prefetch,
        LineNumber = number,
    };

    private sealed class SourceChannel(Outbox outbox, int node) : DeliveryChannel(1, outbox, null)
    {
        internal override PublishSource? Source => new PublishSource(Samples.Node(node), 1);
    }

    private sealed class NodeChannel(Outbox outbox, NodeId node) : DeliveryChannel(2, outbox, null)
    {
        public override NodeId Node => node;
    }

    private sealed class TestOutbox(TestClient client) : Outbox(new NoTurns(), static () => { })
    {
        public override void Post(ReadOnlySpan<OutboxItem> items)
        {
            foreach (ref readonly OutboxItem item in items)
            {
                if (item.Kind == OutboxItemKind.Confirm)
                    client.Verdicts.Add(item.Extra, item.Flag);
                if (item.Kind != OutboxItemKind.Deliver)
                    continue;
                client.Deliveries.Add(new TestDelivery(
                    Encoding.UTF8.GetString(item.Message.Body), item.Slot, item.Position, item.Flag,
                    (Consumer)item.Target!, item.Message.SizeBytes));
                item.Message.Slab.Release(1);
            }
        }
    }

    private sealed class NoTurns : Warren.Broker.Turns.ITurnScheduler
    {
        public void Schedule(IThreadPoolWorkItem turn) => throw new InvalidOperationException("nothing runs here");

        public void ScheduleNext(IThreadPoolWorkItem loop) => Schedule(loop);
    }
}
