using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>How many snapshots go to a node at once, and who is next.</summary>
public sealed class CatchUpsTests
{
    private static readonly NodeId One = Samples.Node(1);
    private static readonly NodeId Other = Samples.Node(2);

    private readonly CatchUps _catchUps = new();

    [Fact]
    public void So_many_and_no_more_until_one_has_ended()
    {
        var first = new Asker();
        var second = new Asker();
        int begun = 0;
        while (_catchUps.TryBeginSnapshot(One, first))
            begun++;
        Assert.Equal(4, begun);
        Assert.False(_catchUps.TryBeginSnapshot(One, second));
        Assert.False(_catchUps.TryBeginSnapshot(One, second));
        // Another node is not held up by that.
        Assert.True(_catchUps.TryBeginSnapshot(Other, second));
        _catchUps.EndSnapshot(One);
        Assert.Equal((1, 0), (first.Wakes, second.Wakes));
        _catchUps.EndSnapshot(One);
        Assert.Equal((1, 1), (first.Wakes, second.Wakes));
        _catchUps.EndSnapshot(One);
        Assert.Equal((1, 1), (first.Wakes, second.Wakes));
        Assert.True(_catchUps.TryBeginSnapshot(One, second));
    }

    private sealed class Asker : IGroupMember
    {
        public int Wakes { get; private set; }

        public void Receive(NodeId from, RaftMessage message) => throw new InvalidOperationException("nobody sends");

        public void Wake() => Wakes++;
    }
}
