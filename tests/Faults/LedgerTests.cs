using Warren.Amqp;
using Warren.Faults.Ledgers;
using Warren.Wire;
using Xunit;

namespace Warren.Faults;

/// <summary>The ledger finds each kind of wrong, and nothing where all is right.</summary>
public sealed class LedgerTests
{
    private readonly Ledger _ledger = new(new Guarantees());
    private readonly QueueLedger _queue;
    private readonly QueueLedger _rejecting;
    private readonly QueueLedger _dead;
    private readonly object _reader = new();

    public LedgerTests()
    {
        _queue = _ledger.Open("queue", new QueueTraits());
        _rejecting = _ledger.Open("rejecting", new QueueTraits { DeadLettersTo = "dead" });
        _dead = _ledger.Open("dead", new QueueTraits { KeepsOrder = false });
    }

    [Fact]
    public void What_was_confirmed_and_is_gone_is_lost()
    {
        Publish(_queue, 1, confirmed: true);
        _ledger.Ended();
        _queue.ReadToItsEnd();
        AssertFound("queue: lost");
    }

    [Fact]
    public void What_was_not_confirmed_may_be_gone_or_there()
    {
        Publish(_queue, 1, confirmed: false);
        Message second = Publish(_queue, 2, confirmed: false);
        _ledger.Ended();
        Deliver(_queue, second);
        _queue.ReadToItsEnd();
        AssertNothingFound();
    }

    [Fact]
    public void What_was_there_after_one_kill_must_be_there_after_the_next()
    {
        Message message = Publish(_queue, 1, confirmed: false);
        _ledger.Ended();
        Deliver(_queue, message);
        _ledger.Ended();
        _queue.ReadToItsEnd();
        AssertFound("queue: lost");
    }

    [Fact]
    public void What_was_not_there_after_one_kill_must_not_come_later()
    {
        Message message = Publish(_queue, 1, confirmed: false);
        _ledger.Ended();
        _queue.ReadToItsEnd();
        Deliver(_queue, message);
        AssertFound("it is gone for certain");
    }

    [Fact]
    public void A_transient_message_is_gone()
    {
        Message message = Publish(_queue, 1, confirmed: true, isPersistent: false);
        _ledger.Ended();
        AssertNothingFound();
        Deliver(_queue, message);
        AssertFound("it is gone for certain");
    }

    [Fact]
    public void An_ack_that_was_not_proven_may_be_undone()
    {
        Message first = Publish(_queue, 1, confirmed: true);
        Publish(_queue, 2, confirmed: true);
        Deliver(_queue, first);
        Deliver(_queue, Made(2));
        _queue.Acking([first.Id, Made(2).Id]);
        _ledger.Ended();
        Deliver(_queue, first, isRedelivered: true);
        _queue.ReadToItsEnd();
        AssertNothingFound();
    }

    [Fact]
    public void A_message_does_not_come_back_after_a_proven_ack()
    {
        Message message = Publish(_queue, 1, confirmed: true);
        Deliver(_queue, message);
        _queue.Acking([message.Id]);
        _queue.AcksProven([message.Id]);
        _ledger.Ended();
        Deliver(_queue, message, isRedelivered: true);
        AssertFound("it is gone for certain");
    }

    [Fact]
    public void A_message_comes_once()
    {
        Message message = Publish(_queue, 1, confirmed: true);
        Deliver(_queue, message);
        _queue.Requeuing([message.Id]);
        Deliver(_queue, message, isRedelivered: true);
        AssertNothingFound();
        Deliver(_queue, message, isRedelivered: true);
        AssertFound("queue: a duplicate");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_delivered_is_marked_after_the_kill(bool isRedelivered)
    {
        Message message = Publish(_queue, 1, confirmed: true);
        Deliver(_queue, message);
        _ledger.Ended();
        Deliver(_queue, message, isRedelivered);
        if (isRedelivered)
            AssertNothingFound();
        else
            AssertFound("redelivered is not set");
    }

    [Fact]
    public void What_is_new_is_not_marked()
    {
        Deliver(_queue, Publish(_queue, 1, confirmed: false), isRedelivered: true);
        AssertFound("redelivered is set");
    }

    [Fact]
    public void Messages_of_one_source_and_priority_come_in_order()
    {
        Message low = Publish(_queue, 1, confirmed: true, priority: 1);
        Message high = Publish(_queue, 2, confirmed: true, priority: 2);
        Message lowAgain = Publish(_queue, 3, confirmed: true, priority: 1);
        _ledger.Ended();
        Deliver(_queue, high);
        Deliver(_queue, low);
        AssertNothingFound();
        _ledger.Ended();
        Deliver(_queue, high, isRedelivered: true);
        Deliver(_queue, lowAgain);
        Deliver(_queue, low, isRedelivered: true);
        AssertFound("behind 3 of the same source");
    }

    [Fact]
    public void A_body_comes_as_it_was_published()
    {
        Message message = Publish(_queue, 1, confirmed: true);
        byte[] body = message.Body();
        body[^1] ^= 1;
        _queue.Delivered(Delivery(message, isRedelivered: false) with { Body = body }, _reader);
        AssertFound("that nobody published");
    }

    [Fact]
    public void Properties_come_as_they_were_published()
    {
        Message message = Publish(_queue, 1, confirmed: true);
        byte[] other = (message with { IsPersistent = false }).Properties();
        _queue.Delivered(Delivery(message, isRedelivered: false) with { Properties = other }, _reader);
        AssertFound("other properties");
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, true, false)]
    public void What_was_rejected_is_in_its_queue_or_among_the_dead_letters(bool stayed, bool arrived, bool isLost)
    {
        Message message = Publish(_rejecting, 1, confirmed: true);
        Deliver(_rejecting, message);
        _rejecting.Rejecting([message.Id]);
        _ledger.Ended();
        if (stayed)
            Deliver(_rejecting, message, isRedelivered: true);
        _rejecting.ReadToItsEnd();
        if (arrived)
            Deliver(_dead, message);
        _dead.ReadToItsEnd();
        if (isLost)
            AssertFound("dead: lost");
        else
            AssertNothingFound();
    }

    [Fact]
    public void A_dead_letter_that_was_acked_need_not_be_anywhere()
    {
        Message message = Publish(_rejecting, 1, confirmed: true);
        Deliver(_rejecting, message);
        _rejecting.Rejecting([message.Id]);
        Deliver(_dead, message);
        _dead.Acking([message.Id]);
        _dead.AcksProven([message.Id]);
        _ledger.Ended();
        _rejecting.ReadToItsEnd();
        _dead.ReadToItsEnd();
        AssertNothingFound();
    }

    /// <summary>Rejected, back after a kill, rejected again: the copy that comes is of that life, not proven.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_dead_letter_made_anew_may_be_back_in_its_queue_after_the_next_kill(bool isBack, bool isLost)
    {
        Message message = Publish(_rejecting, 1, confirmed: true);
        Deliver(_rejecting, message);
        _rejecting.Rejecting([message.Id]);
        _ledger.Ended();
        Deliver(_rejecting, message, isRedelivered: true);
        _rejecting.Rejecting([message.Id]);
        Deliver(_dead, message);
        _ledger.Ended();
        if (isBack)
            Deliver(_rejecting, message, isRedelivered: true);
        _rejecting.ReadToItsEnd();
        _dead.ReadToItsEnd();
        if (isLost)
            AssertFound("dead: lost");
        else
            AssertNothingFound();
    }

    private static Message Made(long sequence, bool isPersistent = true, byte? priority = null) =>
        new(new MessageId(1, sequence), 100, isPersistent, priority);

    private Message Publish(
        QueueLedger queue, long sequence, bool confirmed, bool isPersistent = true, byte? priority = null)
    {
        Message message = Made(sequence, isPersistent, priority);
        _ledger.Publishing(message, [queue]);
        if (confirmed)
            _ledger.Confirmed(message, [queue]);
        return message;
    }

    private void Deliver(QueueLedger queue, Message message, bool isRedelivered = false) =>
        queue.Delivered(Delivery(message, isRedelivered), _reader);

    private static Received Delivery(Message message, bool isRedelivered)
    {
        var writer = new WireWriter(new byte[64]);
        new BasicDeliver("tag", 1, isRedelivered, "", "queue").WriteTo(ref writer);
        // Class and method come first; the arguments follow.
        byte[] arguments = writer.Written[4..].ToArray();
        return new Received(1, MethodId.BasicDeliver, arguments, message.Properties(), message.Body());
    }

    private void AssertNothingFound() => Assert.Equal("", _ledger.Findings.ToString());

    private void AssertFound(string text)
    {
        Assert.Equal(1, _ledger.Findings.Count);
        Assert.Contains(text, _ledger.Findings.ToString(), StringComparison.Ordinal);
    }
}
