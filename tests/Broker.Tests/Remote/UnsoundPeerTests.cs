using System.Buffers.Binary;
using Warren.Broker.Messages;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// A node that knows the cookie and sends what no sound node does: the link ends, and the broker goes on.
/// </summary>
public sealed class UnsoundPeerTests : IDisposable
{
    private const long Unknown = 1_000_000_000;

    // Says that there is a content type.
    private static readonly byte[] BadProperties = [0x80, 0];

    private readonly VisitedNode _node = new();
    private readonly LaneSender _posts = new(LineFrame.Posts, LinkClass.Publishes);

    public void Dispose() => _node.Dispose();

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public void A_message_with_malformed_properties_is_not_taken(int bodyBytes)
    {
        QueueDefinition queue = _node.Declare("q");
        Publish(MessageOf(BadProperties, bodyBytes));
        _node.Send(_posts, queue.Id.Value);
        _node.Settle();
        AssertClosed("properties");
        Assert.Equal(0, queue.Home.ReadyCount);
        _node.Publish(queue);
        Assert.Equal(1, queue.Home.ReadyCount);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Nor_is_one_that_a_home_delivers(int bodyBytes)
    {
        QueueDefinition queue = _node.DeclareThere("q");
        var get = new FetchRequest();
        queue.Home.Post(QueueCommand.Get(get, noAck: true));
        _node.Settle();
        byte[] asked = _node.Sent.Last(sent => sent.Kind == LineFrame.Posts).Body;
        long request = BinaryPrimitives.ReadInt64LittleEndian(asked.AsSpan(LineFrame.HeaderBytes + 2));
        var deliveries = new LaneSender(LineFrame.Deliveries, LinkClass.Deliveries);
        LineWriting.Delivery(
            deliveries, LineItemKind.GetOk, request, MessageOf(BadProperties, bodyBytes), -1, 1, 0, -1, 0);
        _node.Send(deliveries, queue.Id.Value, LineFrame.LineOf(asked));
        _node.Settle();
        AssertClosed("properties");
        Assert.Equal(AnswerKind.Unavailable, (await get.Task).Answer);
    }

    [Fact]
    public void Publishes_beyond_the_window_are_not_kept()
    {
        QueueDefinition queue = _node.Declare("q");
        for (int sizeBytes = 0; sizeBytes <= 2 * LineOptions.WindowBytes; sizeBytes += 50_000)
            Publish(MessageOf([0, 0], 50_000));
        _node.Send(_posts, queue.Id.Value);
        _node.Settle();
        AssertClosed("bytes of posts");
    }

    [Fact]
    public void Nor_is_more_for_a_queue_that_is_not_known_than_anybody_has_to_say()
    {
        long beforeBytes = _node.Broker.Slabs.OutstandingBytes;
        for (int sizeBytes = 0; sizeBytes <= LineOptions.MostEarlyBytes; sizeBytes += 50_000)
            Publish(MessageOf([0, 0], 50_000));
        _node.Send(_posts, Unknown);
        _node.Settle();
        AssertClosed("not known");
        Assert.False(_node.Peer.HasVisit(Unknown));
        Assert.InRange(_node.Broker.Slabs.OutstandingBytes, 0, beforeBytes + SlabPool.SlabSizeBytes);
    }

    [Fact]
    public void What_a_lost_link_brings_again_counts_once()
    {
        for (int sizeBytes = 0; sizeBytes <= LineOptions.WindowBytes / 2; sizeBytes += 50_000)
            Publish(MessageOf([0, 0], 50_000));
        for (int times = 0; times < 2 * LineOptions.MostEarlyBytes / LineOptions.WindowBytes; times++)
        {
            _posts.Rewind();
            _node.Send(_posts, Unknown);
        }
        _node.Settle();
        Assert.Empty(_node.Closed);
        Assert.True(_node.Peer.HasVisit(Unknown));
    }

    [Fact]
    public void What_is_for_many_unknown_queues_is_bounded_for_all_of_them()
    {
        const int PerQueue = 1_000_000;
        for (int sizeBytes = 0; sizeBytes < PerQueue; sizeBytes += 50_000)
            Publish(MessageOf([0, 0], 50_000));
        for (long queue = 0; queue < 2 * LineOptions.MostEarlyBytesOfNode / PerQueue; queue++)
        {
            _posts.Rewind();
            _node.Send(_posts, Unknown + queue);
            _node.Settle();
        }
        // A slab's end is too short for the next of such frames.
        Assert.InRange(_node.Broker.Slabs.OutstandingBytes, 0, LineOptions.MostEarlyBytesOfNode * 3 / 2);
        // It may be no more than a home that is behind.
        Assert.Empty(_node.Closed);
        Assert.Contains(_node.Sent, sent => sent.Kind == LineFrame.Closed);
    }

    [Fact]
    public void Nor_are_lines_to_more_queues_than_there_can_be()
    {
        for (long queue = 0; queue <= LineOptions.MostEarlyLines; queue++)
            Begin(Unknown + queue);
        AssertClosed("lines");
        Assert.True(_node.Peer.HasVisit(Unknown));
        Assert.False(_node.Peer.HasVisit(Unknown + LineOptions.MostEarlyLines));
    }

    [Fact]
    public void Nothing_is_remembered_of_a_line_to_a_queue_that_never_came()
    {
        Begin(Unknown);
        _node.Pass(5000);
        Assert.False(_node.Peer.HasVisit(Unknown));
        Begin(Unknown);
        Assert.True(_node.Peer.HasVisit(Unknown));
    }

    private void Begin(long queue)
    {
        var lane = new LaneSender(LineFrame.Settlements, LinkClass.Acknowledgements);
        LineWriting.Together(lane, 1, begins: true);
        _node.Send(lane, queue);
    }

    private void Publish(in Message message) => LineWriting.Publish(_posts, message, 0, flags: 0, -1, 1);

    private static Message MessageOf(byte[] properties, int bodyBytes) =>
        MessageInOwnSlab.Store(new SlabPool(), [], "q"u8, properties, new byte[bodyBytes]);

    private void AssertClosed(string why)
    {
        Assert.Contains(why, Assert.Single(_node.Closed.Distinct()), StringComparison.Ordinal);
        Assert.Contains(_node.Lines, line => line.Contains(_node.Closed[0], StringComparison.Ordinal));
    }
}
