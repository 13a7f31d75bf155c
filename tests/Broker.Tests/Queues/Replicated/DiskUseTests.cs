using Warren.Broker.Tests.Cluster;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// Whatever comes and goes, and however often, a replicated queue takes no more than twice what lives in it and a
/// constant on each member's disk.
/// </summary>
public sealed class DiskUseTests(ITestOutputHelper output)
{
    private const int BodyBytes = 16 * 1024;

    private readonly DiskUse _use = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_oldest_message_is_never_acknowledged(bool isQuorum)
    {
        _use.Declare("q", isQuorum);
        DiskUseClient publisher = _use.Connect(1);
        publisher.Publish("q", 1, BodyBytes);
        DiskUseClient holder = _use.Connect(2);
        holder.Consume("q", prefetch: 1);
        holder.UntilHeld(1);
        DiskUseClient consumer = _use.Connect(3);
        consumer.Consume("q");
        for (int round = 0; round < 320; round++)
        {
            publisher.Publish("q", 4, BodyBytes);
            consumer.UntilHeld(4);
            consumer.Acknowledge(4);
        }
        CheckBounded();
    }

    /// <summary>Each takes some, settles a few and goes, so that the rest comes back.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Consumers_come_and_go(bool isQuorum)
    {
        _use.Declare("q", isQuorum);
        DiskUseClient publisher = _use.Connect(1);
        publisher.Publish("q", 100, 1024);
        for (int round = 0; round < 260; round++)
        {
            DiskUseClient consumer = _use.Connect(1 + (round % 3));
            consumer.Consume("q");
            consumer.UntilHeld(100);
            consumer.Acknowledge(40);
            consumer.Cut();
            publisher.Publish("q", 40, 1024);
        }
        CheckBounded();
    }

    /// <summary>Of a mirrored queue nobody counts that, and nothing is written.</summary>
    [Fact]
    public void The_same_messages_are_returned_again_and_again()
    {
        _use.Declare("q");
        DiskUseClient client = _use.Connect(2);
        client.Publish("q", 300, 64);
        client.Consume("q");
        for (int round = 0; round < 250; round++)
        {
            client.UntilHeld(300);
            client.Requeue(300);
        }
        CheckBounded();
    }

    /// <summary>They end when they have come back too often, and others take their place.</summary>
    [Fact]
    public void Messages_are_returned_until_their_limit()
    {
        _use.Declare("q", isQuorum: true, ("x-delivery-limit", 4));
        DiskUseClient client = _use.Connect(2);
        client.Consume("q");
        for (int round = 0; round < 120; round++)
        {
            client.Publish("q", 200, 64);
            for (int delivery = 0; delivery < 5; delivery++)
            {
                client.UntilHeld(200);
                client.Requeue(200);
            }
            _use.LiveBytes -= 200 * 64;
        }
        CheckBounded();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Messages_expire_into_another_replicated_queue(bool isQuorum)
    {
        _use.Declare("dead", isQuorum);
        _use.Declare(
            "q", isQuorum,
            ("x-message-ttl", 20), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", "dead"));
        DiskUseClient publisher = _use.Connect(1);
        // One stays among the dead.
        publisher.Publish("q", 1, BodyBytes);
        DiskUseClient holder = _use.Connect(2);
        holder.Consume("dead", prefetch: 1);
        holder.UntilHeld(1);
        DiskUseClient consumer = _use.Connect(3);
        consumer.Consume("dead");
        for (int round = 0; round < 320; round++)
        {
            publisher.Publish("q", 4, BodyBytes);
            consumer.UntilHeld(4);
            consumer.Acknowledge(4);
        }
        CheckBounded();
    }

    /// <summary>It is heard from, so that the others wait for it before they forget; but not for ever.</summary>
    [Fact]
    public void A_member_s_disk_stands_still()
    {
        _use.Declare("q");
        DiskUseClient client = _use.Connect(1);
        client.Consume("q");
        SimulatedNode slow = _use.Cluster.Nodes.First(node => !DiskUse.Leads(node) && node != _use.Cluster[1]);
        slow.SlowDisk(int.MaxValue);
        for (int round = 0; round < 320; round++)
        {
            client.Publish("q", 4, BodyBytes);
            client.UntilHeld(4);
            client.Acknowledge(4);
        }
        // What it is owed, up to eight segments, is kept like what lives.
        CheckBounded(2.5 * DiskUse.MostBeyondBytes);
        slow.SlowDisk(0);
        _use.Until(
            () => _use.Cluster.Nodes.All(node => DiskUse.BytesOf(node) <= DiskUse.MostBeyondBytes),
            "the space of what it was owed");
    }

    /// <summary>Each leaves a little behind that nobody looks at again.</summary>
    [Fact]
    public void Many_queues_are_used_a_little_and_rest()
    {
        const int Queues = 240;
        for (int number = 0; number < Queues; number++)
            _use.Declare($"q{number}");
        DiskUseClient client = _use.Connect(1);
        for (int round = 0; round < 4; round++)
        {
            for (int number = 0; number < Queues; number++)
            {
                client.Publish($"q{number}", 1, BodyBytes);
                if (round == 0)
                    client.Consume($"q{number}");
                client.UntilHeld(1);
                client.Acknowledge(1);
            }
        }
        // Of each so little may stay that a thousand of them are nothing to production's segments.
        CheckBounded(DiskUse.MostBeyondBytes + (Queues * 8 * 1024));
    }

    /// <summary>Nothing else happens afterwards that would have the rest looked at.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_backlog_is_taken_at_once(bool isQuorum)
    {
        _use.Declare("q", isQuorum);
        DiskUseClient client = _use.Connect(1);
        for (int round = 0; round < 120; round++)
            client.Publish("q", 8, BodyBytes);
        client.Consume("q");
        client.UntilHeld(960);
        CheckBounded();
        client.Acknowledge(960, multiple: true);
        client.Publish("q", 1, BodyBytes);
        _use.Until(
            () => _use.Cluster.Nodes.All(node => DiskUse.BytesOf(node) <= DiskUse.MostBeyondBytes),
            "the space of what is gone");
    }

    // What was written would not have had room many times over.
    private void CheckBounded(double mostBytes = DiskUse.MostBeyondBytes)
    {
        output.WriteLine(
            $"written {_use.WrittenBytes} most {_use.MostBytes} beyond {_use.BeyondBytes} live {_use.LiveBytes} now "
            + string.Join(' ', _use.Cluster.Nodes.Select(DiskUse.BytesOf)));
        Assert.True(_use.WrittenBytes > 4 * DiskUse.MostBeyondBytes, $"{_use.WrittenBytes} bytes were written");
        Assert.True(
            _use.BeyondBytes <= mostBytes,
            $"{_use.BeyondBytes} bytes beyond twice what lives, {mostBytes} expected at most");
    }
}
