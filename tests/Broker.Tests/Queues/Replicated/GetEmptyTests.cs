using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>That a queue is empty, only who leads it can say.</summary>
public sealed class GetEmptyTests
{
    [Fact]
    public void Who_leads_says_so()
    {
        var group = new ReplicaGroup();
        Get get = Ask(group.UntilLed());
        group.Cluster.Until(() => get.Answer is not null, what: "an answer");
        Assert.Equal(AnswerKind.Empty, get.Answer);
    }

    /// <summary>
    /// It got no processor, and its links are gone, which it has not noticed: for all that it knows it leads, and there
    /// is nothing in the queue.
    /// </summary>
    [Fact]
    public void Who_was_replaced_does_not_say_so()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        SimulatedNode node = group.NodeOf(leader);
        group.UntilEqual();
        group.Cluster.Network.MostNoticeDelay = 100_000;
        node.StandStill(100_000);
        group.Cluster.SetCut(node, isCut: true);
        ReplicatedQueue next = group.UntilLed(leader);
        group.Publish(next, 1, 1);
        node.StandStill(0);
        Assert.True(leader.IsServing);
        Get get = Ask(leader);
        group.Cluster.Steps(10);
        Assert.True(leader.IsServing);
        Assert.Null(get.Answer);
        Assert.Equal(0, get.Messages);
        group.Cluster.SetCut(node, isCut: false);
        group.UntilEqual();
        group.Cluster.Steps(100);
        Assert.Null(get.Answer);
    }

    private static Get Ask(ReplicatedQueue queue)
    {
        var get = new Get();
        queue.Post(QueueCommand.Get(get, noAck: true));
        return get;
    }

    private sealed class Get : OperatorRequest
    {
        public AnswerKind? Answer { get; private set; }

        public int Messages { get; private set; }

        protected override void Answered(in QueueEffect effect) => Answer = effect.Answer;

        protected override void Got(in QueueEffect effect) => Messages++;
    }
}
