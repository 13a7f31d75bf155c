using Warren.Amqp;
using Warren.Broker.Channels;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Queues.Replicated;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What the stand-in of a replicated queue tells the next leader, and what clients notice: nothing.</summary>
public sealed class ReplicatedHomeTests : IDisposable
{
    private readonly FollowedQueue _queue = new();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Publishes_without_a_verdict_go_to_the_next_leader_in_order_under_their_numbers()
    {
        _queue.Lead(1, term: 1);
        for (ulong number = 11; number <= 14; number++)
            _queue.Publish(number);
        Assert.Equal(["source", "Publish 1", "Publish 2", "Publish 3", "Publish 4"], _queue.PostsTo(1));
        _queue.Verdict(1, 2);
        _queue.Verdict(1, 1, accepted: false);
        Assert.Equal(["ack 12", "nack 11"], _queue.Heard);
        _queue.Lead(2, term: 2);
        Assert.Equal(["source", "AnsweredBelow 3", "Publish 3", "Publish 4"], _queue.PostsTo(2));
        _queue.Publish(15);
        Assert.Equal(["Publish 5"], _queue.PostsTo(2));
        Assert.Empty(_queue.PostsTo(1));
        for (long number = 3; number <= 5; number++)
            _queue.Verdict(2, number);
        Assert.Equal(["ack 13", "ack 14", "ack 15"], _queue.Heard.Skip(2));
    }

    [Fact]
    public void They_wait_for_one_who_leads_and_begin_no_number_anew()
    {
        _queue.Publish(1);
        _queue.Publish(2);
        Assert.Empty(_queue.PostsTo(1));
        _queue.Lead(1, term: 1);
        Assert.Equal(["source", "Publish 1", "Publish 2"], _queue.PostsTo(1));
        _queue.Verdict(1, 1);
        _queue.Verdict(1, 2);
        // Nothing is owed any more; another line of the same leader.
        _queue.Lead(1, term: 2);
        _queue.Publish(3);
        Assert.Equal(["source", "AnsweredBelow 3", "Publish 3"], _queue.PostsTo(1));
    }

    [Fact]
    public void The_word_of_an_earlier_term_is_nothing()
    {
        _queue.Lead(1, term: 5);
        _queue.Publish(1);
        _queue.PostsTo(1);
        _queue.Lead(2, term: 4);
        _queue.Publish(2);
        Assert.Equal(["Publish 2"], _queue.PostsTo(1));
        Assert.Empty(_queue.PostsTo(2));
        LeaderBook.Entry known = _queue.Node.Broker.QueueLinks!.LeaderBook.Of(FollowedQueue.Id);
        Assert.Equal((TestCluster.IdOf(1), 5), (known.Leader, known.Term));
    }

    [Fact]
    public void The_next_leader_asks_for_places_in_a_shared_prefetch_of_its_own()
    {
        var shared = new SharedPrefetch();
        shared.SetLimit(10, 0);
        _queue.Lead(1, term: 1);
        _queue.Consume("a", shared: shared);
        Assert.Equal(["ClaimsComplete", "AddConsumer 1 a shared"], _queue.SettlementsTo(1));
        _queue.Tell(1, LineItemKind.WantsPlaces, consumer: 1);
        Assert.Equal(["Grant 1: 5"], _queue.SettlementsTo(1));
        // Whoever has all of them but for those has to wait.
        Assert.Equal(5, shared.TakeFree());
        _queue.Lead(2, term: 2);
        Assert.Equal(["5 places"], _queue.Heard);
        shared.Give(5);
        Assert.Equal(["AddConsumer 1 a shared", "ClaimsComplete"], _queue.SettlementsTo(2));
        _queue.Tell(2, LineItemKind.WantsPlaces, consumer: 1);
        Assert.Equal(["Grant 1: 5"], _queue.SettlementsTo(2));
        // No limit any more.
        shared.SetLimit(0, 0);
        _queue.Lead(1, term: 3);
        Assert.Equal(["AddConsumer 1 a", "ClaimsComplete"], _queue.SettlementsTo(1));
    }

    [Fact]
    public void A_new_leader_hears_of_consumers_with_what_they_hold()
    {
        _queue.Lead(1, term: 1);
        Consumer staying = _queue.Consume("a");
        Consumer gone = _queue.Consume("b");
        Assert.Equal(["ClaimsComplete", "AddConsumer 1 a", "AddConsumer 2 b"], _queue.SettlementsTo(1));
        _queue.Deliver(1, consumer: 1, slot: 0, position: 7);
        _queue.Deliver(1, consumer: 2, slot: 1, position: 8);
        _queue.Deliver(1, consumer: 1, slot: 2, position: 5);
        _queue.Post(QueueCommand.CancelConsumer(gone, null));
        Assert.Equal(["CancelConsumer 2"], _queue.SettlementsTo(1));
        _queue.Lead(2, term: 2);
        Assert.Equal(
            [
                "AddConsumer 1 a", "Written 1: -2, -12", "Claim 1: 5, 7", "AddConsumer 2 b", "CancelConsumer 2",
                "Claim 0: 8", "ClaimsComplete",
            ],
            _queue.SettlementsTo(2));
        // The end of the other one is known by now.
        _queue.Receipt(2, committed: 1);
        _queue.Post(QueueCommand.Written(staying, 2, 12));
        _queue.SettlementsTo(2);
        _queue.Lead(1, term: 3);
        Assert.Equal(
            ["AddConsumer 1 a", "Claim 1: 5, 7", "Claim 0: 8", "ClaimsComplete"], _queue.SettlementsTo(1));
        Assert.All(_queue.Heard, static heard => Assert.StartsWith("deliver", heard, StringComparison.Ordinal));
    }

    [Fact]
    public void Acknowledgements_and_rejects_go_again_until_they_are_committed()
    {
        Deliver(4);
        Settle(QueueCommand.Settle, 0);
        Settle(QueueCommand.Settle, 1);
        Settle(QueueCommand.Reject, 2);
        Settle(QueueCommand.Requeue, 3);
        Assert.Equal(
            ["Acknowledge 0/10", "Acknowledge 1/11", "Reject 2/12", "Requeue 3/13"], _queue.SettlementsTo(1));
        // Frame 1 added the consumer, frame 2 is the first acknowledgement.
        _queue.Receipt(1, committed: 2);
        _queue.Lead(2, term: 2);
        Assert.Equal(
            ["AcknowledgeAt 11", "RejectAt 12", "AddConsumer 1 a", "Written 1: -4, -24", "ClaimsComplete"],
            _queue.SettlementsTo(2));
        _queue.Receipt(2, committed: 1);
        _queue.Lead(1, term: 3);
        Assert.Equal(["AddConsumer 1 a", "Written 1: -4, -24", "ClaimsComplete"], _queue.SettlementsTo(1));
    }

    [Fact]
    public void What_was_delivered_on_a_line_before_is_settled_by_its_position()
    {
        Deliver(5);
        _queue.Lead(2, term: 2);
        _queue.SettlementsTo(2);
        Settle(QueueCommand.Settle, 0);
        Settle(QueueCommand.Reject, 1);
        Settle(QueueCommand.Requeue, 2);
        _queue.Post(QueueCommand.Return(3, 13, countsDelivery: true, epoch: 1));
        _queue.Post(QueueCommand.Return(4, 14, countsDelivery: false, epoch: 1));
        Assert.Equal(
            ["AcknowledgeAt 10", "RejectAt 11", "RequeueAt 12", "ReturnAt 13", "UndeliveredAt 14"],
            _queue.SettlementsTo(2));
    }

    [Fact]
    public void What_is_given_back_while_nobody_leads_is_not_claimed()
    {
        Deliver(3);
        _queue.Close(1, LineClosed.NotLeading);
        Settle(QueueCommand.Settle, 0);
        Settle(QueueCommand.Requeue, 1);
        _queue.Lead(2, term: 2);
        Assert.Equal(
            ["AcknowledgeAt 10", "AddConsumer 1 a", "Written 1: -3, -18", "Claim 1: 12", "ClaimsComplete"],
            _queue.SettlementsTo(2));
    }

    [Fact]
    public void Who_does_not_lead_is_asked_again_after_a_moment()
    {
        _queue.Lead(1, term: 1);
        _queue.Publish(1);
        _queue.PostsTo(1);
        _queue.Close(1, LineClosed.NotLeading);
        Assert.Empty(_queue.PostsTo(1));
        _queue.Node.Pass(200);
        Assert.Equal(["source", "Publish 1"], _queue.PostsTo(1));
        // Not so soon the second time.
        _queue.Close(1, LineClosed.NotLeading);
        _queue.Node.Pass(100);
        Assert.Empty(_queue.PostsTo(1));
        _queue.Node.Pass(200);
        Assert.Equal(["source", "Publish 1"], _queue.PostsTo(1));
        Assert.Empty(_queue.Heard);
    }

    [Fact]
    public void Who_holds_nothing_says_so()
    {
        _queue.Lead(1, term: 1);
        Assert.Equal(1, _queue.FramesTo(1, LineFrame.HoldsNothing));
        // On another link it asks again.
        _queue.Lead(1, term: 1);
        Assert.Equal(1, _queue.FramesTo(1, LineFrame.HoldsNothing));
        _queue.Consume("a");
        _queue.Lead(2, term: 2);
        Assert.Equal(0, _queue.FramesTo(2, LineFrame.HoldsNothing));
        Assert.Equal(["AddConsumer 1 a", "ClaimsComplete"], _queue.SettlementsTo(2));
    }

    [Fact]
    public async Task Requests_without_an_answer_are_asked_again()
    {
        _queue.Lead(1, term: 1);
        var get = new FetchRequest();
        var count = new CountRequest();
        var close = new CountRequest();
        _queue.Post(QueueCommand.Get(get, noAck: true));
        _queue.Post(QueueCommand.Status(count, touches: false));
        _queue.Post(QueueCommand.Close(close, ifUnused: false, ifEmpty: false));
        Assert.Equal(["source", "Get 1", "Status 2", "Close 3"], _queue.PostsTo(1));
        _queue.Answer(1, 2, AnswerKind.Ok, 6);
        Assert.Equal((AnswerKind.Ok, 6), await count.Task);
        _queue.Lead(2, term: 2);
        Assert.Equal(["source", "Get 1", "Close 3"], _queue.PostsTo(2));
        _queue.Answer(2, 1, AnswerKind.Empty);
        Assert.Equal(AnswerKind.Empty, (await get.Task).Answer);
        // It is what was asked for, whoever did it.
        _queue.Answer(2, 3, AnswerKind.Closed);
        Assert.Equal(AnswerKind.Ok, (await close.Task).Answer);
    }

    [Fact]
    public async Task Without_a_leader_for_too_long_everybody_is_told()
    {
        Deliver(1);
        _queue.Publish(1);
        int arrived = 0;
        _queue.Publish(0, new PublishGroup(1, accepted => arrived += accepted ? 1 : 100));
        _queue.PostsTo(1);
        _queue.Heard.Clear();
        _queue.Close(1, LineClosed.NotLeading);
        var count = new CountRequest();
        _queue.Post(QueueCommand.Status(count, touches: false));
        PassWithoutLeader(9_000);
        Assert.Empty(_queue.Heard);
        Assert.False(_queue.Home.IsAway);
        PassWithoutLeader(1_500);
        Assert.Equal(["nack 1", "ConsumerEnded a"], _queue.Heard);
        Assert.Equal(AnswerKind.Unavailable, (await count.Task).Answer);
        Assert.Equal(
            "NOT_FOUND - queue 'q' in vhost '/' has no leader: a majority of its members "
            + $"({string.Join(", ", Enumerable.Range(0, 3).Select(_queue.NameOf))}) is not reachable",
            _queue.Home.AwayText);
        _queue.Publish(2);
        Assert.Equal("nack 2", _queue.Heard[^1]);
        // A dead letter stays in its source, and arrives when somebody leads; so does what a client has dealt with.
        Settle(QueueCommand.Settle, 0);
        _queue.Lead(2, term: 2);
        Assert.False(_queue.Home.IsAway);
        Assert.Equal(["source", "AnsweredBelow 2", "Publish 2"], _queue.PostsTo(2));
        Assert.Equal(["AcknowledgeAt 10", "ClaimsComplete"], _queue.SettlementsTo(2));
        _queue.Verdict(2, 2);
        Assert.Equal(1, arrived);
        _queue.Publish(3);
        Assert.Equal(["Publish 3"], _queue.PostsTo(2));
    }

    /// <summary>It stood still, say, and nobody else may lead: neither its link nor its term changes.</summary>
    [Fact]
    public void A_leader_that_was_given_up_is_asked_again_and_serves_when_it_answers()
    {
        _queue.Lead(1, term: 1);
        _queue.Publish(1);
        Assert.Equal(["source", "Publish 1"], _queue.PostsTo(1));
        for (int ms = 0; !_queue.Home.IsAway; ms += 100)
        {
            Assert.True(ms < 20_000, "it is waited for without end");
            _queue.Node.Pass(100);
        }
        Assert.Equal(["nack 1"], _queue.Heard);
        _queue.PostsTo(1);
        _queue.Publish(2);
        Assert.Equal("nack 2", _queue.Heard[^1]);
        _queue.Node.Pass(1500);
        Assert.Equal(["source", "AnsweredBelow 2"], _queue.PostsTo(1));
        Assert.True(_queue.Home.IsAway);
        _queue.Receipt(1, committed: 0);
        Assert.False(_queue.Home.IsAway);
        _queue.Publish(3);
        // What was refused has had no number.
        Assert.Equal(["Publish 2"], _queue.PostsTo(1));
    }

    [Fact]
    public void A_link_that_is_back_soon_carries_the_same_line_on()
    {
        _queue.Lead(1, term: 1);
        _queue.Publish(1);
        _queue.PostsTo(1);
        long line = _queue.Line;
        _queue.Node.Peer.Down();
        _queue.Publish(2);
        Assert.Empty(_queue.PostsTo(1));
        _queue.Node.Peer.Up(process: 7);
        _queue.Node.Settle();
        Assert.Equal(["source", "Publish 1", "Publish 2"], _queue.PostsTo(1));
        Assert.Equal(line, _queue.Line);
        // Another process: what it has of the line is nothing.
        _queue.Node.Peer.Up(process: 9);
        _queue.Node.Settle();
        Assert.Equal(["source", "Publish 1", "Publish 2"], _queue.PostsTo(1));
        Assert.NotEqual(line, _queue.Line);
    }

    [Fact]
    public void Who_asked_to_be_cancelled_on_failover_is()
    {
        _queue.Lead(1, term: 1);
        _queue.Consume("a", new FieldTable { ["x-cancel-on-ha-failover"] = FieldValue.Of(true) });
        _queue.Consume("b");
        // The same node in another term is no failover.
        _queue.Lead(1, term: 2);
        Assert.Empty(_queue.Heard);
        _queue.Lead(2, term: 3);
        Assert.Equal(["ConsumerEnded a"], _queue.Heard);
        Assert.Equal(["AddConsumer 2 b", "ClaimsComplete"], _queue.SettlementsTo(2));
    }

    /// <summary>A leader that this node does not hear of may give the queue to another.</summary>
    [Fact]
    public void Without_a_leader_who_has_the_queue_to_himself_has_it_no_more()
    {
        _queue.Lead(1, term: 1);
        _queue.Consume("a", exclusive: true);
        _queue.Consume("b");
        _queue.Close(1, LineClosed.NotLeading);
        PassWithoutLeader(1_800);
        Assert.Empty(_queue.Heard);
        PassWithoutLeader(400);
        Assert.Equal(["ConsumerEnded a"], _queue.Heard);
        PassWithoutLeader(5_000);
        Assert.Single(_queue.Heard);
    }

    [Fact]
    public void A_consumer_that_the_next_leader_refuses_has_ended()
    {
        _queue.Lead(1, term: 1);
        _queue.Consume("a");
        _queue.Lead(2, term: 2);
        _queue.SettlementsTo(2);
        _queue.Answer(2, 2, AnswerKind.RefusedExclusive);
        Assert.Equal(["ConsumerEnded a"], _queue.Heard);
    }

    [Fact]
    public void Publishers_are_held_back_while_too_much_is_unanswered()
    {
        _queue.Lead(1, term: 1);
        bool resumed = false;
        var credit = new PublishCredit(() => resumed = true);
        const int bodyBytes = 1024 * 1024;
        _queue.Publish(1);
        _queue.PostsTo(1);
        _queue.Receipt(1, committed: 0);
        for (ulong number = 2; number <= 10; number++)
            _queue.Publish(number, bodyBytes: bodyBytes);
        credit.Take(2 * PublishCredit.LimitBytes);
        _queue.Post(QueueCommand.Credit(credit, 2 * PublishCredit.LimitBytes));
        Assert.True(credit.MustWait());
        Assert.True(_queue.Home.IsFull);
        _queue.Verdict(1, 2);
        Assert.False(resumed);
        _queue.Verdict(1, 3);
        Assert.True(resumed);
        Assert.False(credit.MustWait());
        long heldBytes = _queue.Node.Broker.Slabs.OutstandingBytes;
        for (long number = 4; number <= 10; number++)
            _queue.Verdict(1, number);
        Assert.InRange(_queue.Node.Broker.Slabs.OutstandingBytes, 0, heldBytes - (7 * bodyBytes));
    }

    [Fact]
    public void Nor_more_than_so_many_of_them()
    {
        _queue.Lead(1, term: 1);
        _queue.Publish(1);
        _queue.PostsTo(1);
        for (ulong number = 2; number <= LineOptions.MostUnanswered + 1; number++)
        {
            _queue.PublishSoon(number);
            if (number % 1000 != 0)
                continue;
            _queue.Node.Settle();
            _queue.Receipt(1, committed: 0);
        }
        bool resumed = false;
        var credit = new PublishCredit(() => resumed = true);
        credit.Take(2 * PublishCredit.LimitBytes);
        _queue.Post(QueueCommand.Credit(credit, 2 * PublishCredit.LimitBytes));
        Assert.True(credit.MustWait());
        _queue.Verdict(1, 1);
        Assert.True(resumed);
    }

    [Fact]
    public void What_the_queue_has_taken_back_is_not_claimed()
    {
        Deliver(2);
        _queue.Tell(1, LineItemKind.ConsumerOverdue, consumer: 1);
        _queue.Deliver(1, consumer: 1, slot: 2, position: 20);
        _queue.Lead(2, term: 2);
        Assert.Equal(
            ["AddConsumer 1 a", "Written 1: -3, -18", "Claim 1: 20", "ClaimsComplete"], _queue.SettlementsTo(2));
    }

    [Fact]
    public void A_queue_that_is_gone_counts_as_one_that_was_not_routed_to()
    {
        Deliver(1);
        _queue.Publish(1);
        _queue.Heard.Clear();
        _queue.Post(QueueCommand.Close((QueueRequest?)null, ifUnused: false, ifEmpty: false));
        Assert.Equal(["ack 1", "ConsumerEnded a"], _queue.Heard);
        Assert.Equal(1, _queue.FramesTo(1, LineFrame.Ended));
        _queue.Publish(2);
        Assert.Equal("ack 2", _queue.Heard[^1]);
        _queue.Lead(2, term: 2);
        Assert.Empty(_queue.SettlementsTo(2));
    }

    [Fact]
    public void One_that_led_before_hears_that_its_line_is_over()
    {
        Deliver(1);
        _queue.Lead(2, term: 2);
        Assert.Equal(1, _queue.FramesTo(1, LineFrame.Ended));
        _queue.Heard.Clear();
        // It has not heard it yet.
        _queue.Deliver(1, consumer: 1, slot: 1, position: 20);
        Assert.Empty(_queue.Heard);
        Assert.Equal(1, _queue.FramesTo(1, LineFrame.Ended));
    }

    // One consumer of node 1 with so many messages, at positions from 10 on, in slots from 0 on.
    private void Deliver(int count)
    {
        _queue.Lead(1, term: 1);
        _queue.Consume("a");
        _queue.SettlementsTo(1);
        for (int slot = 0; slot < count; slot++)
            _queue.Deliver(1, consumer: 1, slot, position: 10 + slot);
        _queue.PostsTo(1);
    }

    private void Settle(Func<int, long, byte, QueueCommand> command, int slot) =>
        _queue.Post(command(slot, 10 + slot, 1));

    // It is asked, and says that it does not.
    private void PassWithoutLeader(int ms)
    {
        for (; ms > 0; ms -= 100)
        {
            _queue.Node.Pass(100);
            if (_queue.PostsTo(1).Count + _queue.SettlementsTo(1).Count > 0)
                _queue.Close(1, LineClosed.NotLeading);
        }
    }
}
