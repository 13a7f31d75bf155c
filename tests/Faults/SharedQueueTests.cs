using Warren.Amqp;
using Warren.Faults.Clusters;
using Warren.Faults.Ledgers;
using Warren.Wire;
using Xunit;

namespace Warren.Faults;

/// <summary>The ledger of several nodes' clients finds each kind of wrong, and nothing where all is right.</summary>
public sealed class SharedQueueTests
{
    private readonly SharedQueue _queue = new("queue");
    private readonly object _reader = new();
    private readonly object _other = new();
    private readonly Dictionary<int, long> _order = [];

    [Fact]
    public void What_was_confirmed_and_is_gone_is_lost()
    {
        Publish(1, isConfirmed: true);
        AssertFound("queue: lost", []);
    }

    [Fact]
    public void What_was_not_confirmed_may_be_gone_or_there()
    {
        Publish(1, isConfirmed: false);
        Message second = Publish(2, isConfirmed: false);
        Assert.Null(_queue.Judge([Delivery(second)]));
        Assert.Null(_queue.Judge([]));
    }

    [Fact]
    public void An_ack_that_was_not_proven_may_be_undone()
    {
        Message first = Publish(1, isConfirmed: true);
        Message second = Publish(2, isConfirmed: true);
        foreach (Message message in (Message[])[first, second])
        {
            Deliver(message, _reader);
            _queue.Acking(message.Id);
        }
        Assert.Null(_queue.Judge([Delivery(first, isRedelivered: true)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_acked_for_good_stays_away(bool isAtTheEnd)
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _reader);
        _queue.Acking(message.Id);
        _queue.Prove([message.Id], _reader);
        Assert.Null(_queue.Judge([]));
        if (!isAtTheEnd)
            Deliver(message, _other, isRedelivered: true);
        AssertFound("acked for good", isAtTheEnd ? [Delivery(message, isRedelivered: true)] : []);
    }

    [Fact]
    public void Two_clients_do_not_have_a_message_at_once()
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _reader);
        Deliver(message, _other, isRedelivered: true);
        _queue.Acking(message.Id);
        _queue.Prove([message.Id], _reader);
        AssertFound("two clients had it at once", []);
    }

    [Fact]
    public void A_message_is_in_the_queue_once()
    {
        Message message = Publish(1, isConfirmed: true);
        AssertFound("twice in the queue", [Delivery(message), Delivery(message)]);
    }

    [Fact]
    public void What_somebody_got_before_is_marked()
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _reader);
        Deliver(message, _other);
        AssertFound("redelivered is not set", [Delivery(message, isRedelivered: true)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_is_cut_off_may_have_got_late_what_others_have_had_since(bool isCutOff)
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _other, isRedelivered: true);
        _queue.Acking(message.Id);
        _queue.Prove([message.Id], _other);
        Deliver(message, _reader);
        Assert.True(_queue.IsSuspect(_reader));
        if (isCutOff)
        {
            _queue.CutOff(_reader);
            Assert.False(_queue.IsSuspect(_reader));
            Assert.Null(_queue.Judge([]));
        }
        else
            AssertFound("acked for good, and came back", []);
    }

    [Fact]
    public void A_replicated_queue_s_client_may_get_late_what_others_have_had_since()
    {
        var queue = new SharedQueue("queue", SharedQueueKind.Mirrored);
        var message = new Message(new MessageId(1, 1), 100, IsPersistent: true);
        queue.Publishing(message);
        queue.Confirm(message.Id);
        queue.Deliver(Delivery(message, isRedelivered: true), _other, _order);
        queue.Deliver(Delivery(message), _reader, [], mayBeLate: true);
        queue.Acking(message.Id);
        queue.Prove([message.Id], _other);
        Assert.False(queue.IsSuspect(_reader));
        Assert.Null(queue.Judge([]));
        queue.Deliver(Delivery(message), _reader, []);
        Assert.True(queue.IsSuspect(_reader));
    }

    [Fact]
    public void A_mark_is_not_taken_back_from_who_goes_on()
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _other, isRedelivered: true);
        Deliver(message, _reader);
        _queue.CutOff(_other);
        AssertFound("redelivered is not set any more", [Delivery(message, isRedelivered: true)]);
    }

    [Fact]
    public void Nothing_is_handed_out_as_new_twice_whoever_is_cut_off()
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _other);
        Deliver(message, _reader);
        _queue.CutOff(_other);
        _queue.CutOff(_reader);
        AssertFound("redelivered is not set", [Delivery(message, isRedelivered: true)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_is_cut_off_was_no_second_client(bool isCutOffFirst)
    {
        Message message = Publish(1, isConfirmed: true);
        Deliver(message, _other, isRedelivered: true);
        Deliver(message, _reader, isRedelivered: true);
        _queue.Acking(message.Id);
        if (isCutOffFirst)
            _queue.CutOff(_reader);
        _queue.Prove([message.Id], _other);
        if (!isCutOffFirst)
            _queue.CutOff(_reader);
        Assert.Null(_queue.Judge([]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Messages_of_one_source_come_in_order(bool isAtTheEnd)
    {
        Message first = Publish(1, isConfirmed: true);
        Message second = Publish(2, isConfirmed: true);
        if (!isAtTheEnd)
        {
            Deliver(second, _reader);
            Deliver(first, _reader);
            _queue.Acking(first.Id);
            _queue.Acking(second.Id);
        }
        AssertFound("behind 2 of the same source", isAtTheEnd ? [Delivery(second), Delivery(first)] : []);
    }

    [Fact]
    public void A_message_comes_as_it_was_published()
    {
        Message message = Publish(1, isConfirmed: false);
        byte[] body = message.Body();
        body[^1] ^= 1;
        byte[] other = (message with { IsPersistent = false }).Properties();
        _queue.Deliver(Delivery(message) with { Properties = other }, _reader, _order);
        AssertFound("that nobody published", [Delivery(message) with { Body = body }]);
        AssertFound("other properties", []);
    }

    private Message Publish(long sequence, bool isConfirmed)
    {
        var message = new Message(new MessageId(1, sequence), 100, IsPersistent: true);
        _queue.Publishing(message);
        if (isConfirmed)
            _queue.Confirm(message.Id);
        return message;
    }

    private void Deliver(Message message, object reader, bool isRedelivered = false) =>
        _queue.Deliver(Delivery(message, isRedelivered), reader, _order);

    private static Received Delivery(Message message, bool isRedelivered = false)
    {
        var writer = new WireWriter(new byte[64]);
        new BasicDeliver("tag", 1, isRedelivered, "", "queue").WriteTo(ref writer);
        // Class and method come first; the arguments follow.
        byte[] arguments = writer.Written[4..].ToArray();
        return new Received(1, MethodId.BasicDeliver, arguments, message.Properties(), message.Body());
    }

    private void AssertFound(string text, IReadOnlyList<Received> rest) =>
        Assert.Contains(text, _queue.Judge(rest), StringComparison.Ordinal);
}
