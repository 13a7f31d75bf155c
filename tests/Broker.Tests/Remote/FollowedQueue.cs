using System.Buffers.Binary;
using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Connections;
using Warren.Broker.Messages;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Warren.Cluster.Links;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// The stand-in of a replicated queue on a broker of one thread; a test is its clients, and the nodes 1 and 2 that may
/// lead it.
/// </summary>
internal sealed class FollowedQueue : IDisposable
{
    public const long Id = 500;

    private readonly Dictionary<int, LaneSender> _deliveries = [];
    private readonly Dictionary<int, LaneSender> _verdicts = [];

    public FollowedQueue()
    {
        QueueLinks links = Node.Broker.QueueLinks!;
        links.PeerOf(TestCluster.IdOf(2)).Up(process: 8);
        Home = new ReplicatedHome(Node.Broker, links, new QueueSettings());
        Home.Definition = new QueueDefinition
        {
            Id = new QueueId(Id),
            Vhost = "/",
            Name = "q",
            Durable = true,
            Members = [TestCluster.IdOf(0), TestCluster.IdOf(1), TestCluster.IdOf(2)],
            Home = Home,
        };
        links.Add(Home.Definition);
        Node.Settle();
        Channel = new ScriptedChannel(this);
    }

    public VisitedNode Node { get; } = new();

    public ReplicatedHome Home { get; }

    /// <summary>What its clients are told.</summary>
    public List<string> Heard { get; } = [];

    public DeliveryChannel Channel { get; }

    /// <summary>Of the frames that a node got last.</summary>
    public long Line { get; private set; }

    /// <summary>What the node calls another.</summary>
    public string NameOf(int node) => Node.Broker.QueueLinks!.NameOf(TestCluster.IdOf(node));

    public void Dispose() => Node.Dispose();

    /// <summary>A node says that it leads.</summary>
    public void Lead(int node, long term)
    {
        byte[] body = new byte[LineFrame.LeadershipBytes];
        BinaryPrimitives.WriteInt64LittleEndian(body, Id);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), term);
        Arrive(node, LineFrame.Leads, body);
    }

    public void Publish(ulong number, PublishGroup? group = null, int bodyBytes = 1)
    {
        PublishSoon(number, group, bodyBytes);
        Node.Settle();
    }

    /// <summary>It is in the mailbox.</summary>
    public void PublishSoon(ulong number, PublishGroup? group = null, int bodyBytes = 1)
    {
        Message message = MessageInOwnSlab.Store(
            Node.Broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), new byte[bodyBytes]);
        Home.Post(QueueCommand.Publish(
            message, 0, true, -1, group is null ? Channel : null, number, group));
    }

    public Consumer Consume(
        string tag, FieldTable? arguments = null, SharedPrefetch? shared = null, bool exclusive = false)
    {
        var consumer = new Consumer
        {
            Tag = tag,
            TagBytes = System.Text.Encoding.UTF8.GetBytes(tag),
            Channel = Channel,
            Queue = Home,
            Arguments = arguments ?? FieldTable.Empty,
            Shared = shared,
            Exclusive = exclusive,
        };
        Post(QueueCommand.AddConsumer(consumer, null));
        return consumer;
    }

    public void Post(in QueueCommand command)
    {
        Home.Post(command);
        Node.Settle();
    }

    /// <summary>What a node got of posts since it was asked last.</summary>
    public List<string> PostsTo(int node) => SaidTo(node, LineFrame.Posts, LaneText.Posts);

    /// <summary>What a node got of settlements since it was asked last.</summary>
    public List<string> SettlementsTo(int node) => SaidTo(node, LineFrame.Settlements, LaneText.Settlements);

    /// <summary>How many frames of a kind a node got since it was asked last.</summary>
    public int FramesTo(int node, ushort kind) =>
        Node.Sent.RemoveAll(sent => sent.Kind == kind && sent.To == TestCluster.IdOf(node));

    /// <summary>The leader hands a message out to a consumer, by its number.</summary>
    public void Deliver(int node, long consumer, int slot, long position)
    {
        Message message = MessageInOwnSlab.Store(
            Node.Broker.Slabs, [], "q"u8, new BasicProperties().ToArray(), [1]);
        LaneSender lane = LaneOf(_deliveries, node, LineFrame.Deliveries, LinkClass.Deliveries);
        LineWriting.Delivery(lane, LineItemKind.Deliver, consumer, message, slot, position, 0, -1, 0);
        message.Slab.Release(1);
        Send(node, lane);
    }

    /// <summary>The leader has something to say of a consumer.</summary>
    public void Tell(int node, LineItemKind kind, long consumer)
    {
        LaneSender lane = LaneOf(_deliveries, node, LineFrame.Deliveries, LinkClass.Deliveries);
        LineWriting.Number(lane, kind, consumer);
        Send(node, lane);
    }

    public void Answer(int node, long request, AnswerKind answer, long messages = 0)
    {
        LaneSender lane = LaneOf(_deliveries, node, LineFrame.Deliveries, LinkClass.Deliveries);
        LineWriting.Answer(lane, request, answer, messages, 0);
        Send(node, lane);
    }

    public void Verdict(int node, long number, bool accepted = true)
    {
        LaneSender lane = LaneOf(_verdicts, node, LineFrame.Verdicts, LinkClass.Acknowledgements);
        LineWriting.Verdicts(lane, number, 1, accepted);
        Send(node, lane);
    }

    /// <summary>The leader has received all and has committed settlements up to this frame.</summary>
    public void Receipt(int node, long committed)
    {
        byte[] receipt = new byte[LineFrame.LeaderReceiptBytes];
        LineFrame.WriteReceipt(receipt, Id, Line, 1000, 1000, 1 << 30);
        BinaryPrimitives.WriteInt64LittleEndian(receipt.AsSpan(LineFrame.ReceiptBytes), committed);
        Arrive(node, LineFrame.LeaderReceipt, receipt);
    }

    /// <summary>A node gives the line up.</summary>
    public void Close(int node, LineClosed why)
    {
        byte[] body = new byte[LineFrame.AddressBytes + 1];
        LineFrame.WriteAddress(body, Id, Line);
        body[^1] = (byte)why;
        Arrive(node, LineFrame.Closed, body);
    }

    private void Arrive(int node, ushort kind, ReadOnlySpan<byte> body)
    {
        Node.Arrive(kind, body, TestCluster.IdOf(node));
        Node.Settle();
    }

    private void Send(int node, LaneSender lane)
    {
        Node.Send(lane, Id, Line, TestCluster.IdOf(node));
        Node.Settle();
    }

    private List<string> SaidTo(int node, ushort kind, Func<byte[], List<string>> read)
    {
        var said = new List<string>();
        foreach ((_, byte[] body, _) in Node.Sent.Where(
            sent => sent.Kind == kind && sent.To == TestCluster.IdOf(node)).ToList())
        {
            if (LineFrame.LineOf(body) != Line)
            {
                Line = LineFrame.LineOf(body);
                _deliveries.Remove(node);
                _verdicts.Remove(node);
            }
            said.AddRange(read(body));
        }
        FramesTo(node, kind);
        return said;
    }

    private static LaneSender LaneOf(
        Dictionary<int, LaneSender> lanes, int node, ushort kind, LinkClass linkClass)
    {
        if (!lanes.TryGetValue(node, out LaneSender? lane))
            lanes[node] = lane = new LaneSender(kind, linkClass);
        return lane;
    }

    private sealed class ScriptedOutbox(FollowedQueue queue) : Outbox(queue.Node, static () => { })
    {
        public override void Post(ReadOnlySpan<OutboxItem> items)
        {
            foreach (ref readonly OutboxItem item in items)
            {
                queue.Heard.Add(item.Kind switch
                {
                    OutboxItemKind.Confirm => $"{(item.Flag ? "ack" : "nack")} {item.Extra}",
                    OutboxItemKind.Deliver => $"deliver {item.Position}, epoch {item.Epoch}",
                    _ => $"{item.Kind}",
                });
                item.Message.Slab?.Release(1);
            }
        }
    }

    private sealed class ScriptedChannel(FollowedQueue queue)
        : DeliveryChannel(1, new ScriptedOutbox(queue), null)
    {
        internal override void Tell(ConnectionEventKind kind, object subject) => queue.Heard.Add(
            $"{kind} {(subject as Consumer)?.Tag ?? ((AmqpException)subject).ReplyText}");

        internal override void ReturnPlaces(int places) => queue.Heard.Add($"{places} places");
    }
}
