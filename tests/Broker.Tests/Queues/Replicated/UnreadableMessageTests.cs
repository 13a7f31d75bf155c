using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>A leader whose disk has damaged a message that waits, while other members have it.</summary>
public sealed class UnreadableMessageTests
{
    private const int Messages = 20;
    private const int Damaged = 5;

    /// <summary>More than is kept in memory, of a queue and of a group's log.</summary>
    private const int Many = 300;

    /// <summary>The middle of a body lies in a sector that has nothing of other messages.</summary>
    private static readonly string Padding = new('.', 10_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_is_delivered_by_another_member_in_its_place(bool refuses)
    {
        var group = new ReplicaGroup();
        ReplicatedQueue damaged = LedBySomeoneDamaged(group, refuses);
        SimulatedNode node = group.NodeOf(damaged);
        damaged.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        ReplicatedQueue next = group.UntilLed(damaged);
        // A disk that refuses may refuse what lies beside it as well.
        Assert.Equal(Bodies(1, refuses ? group.Client.Deliveries.Count : Damaged - 1), Delivered(group));
        Assert.InRange(group.Client.Deliveries.Count, 0, Damaged - 1);
        group.Client.Deliveries.Clear();
        next.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == Messages, what: "all");
        Assert.Equal(Bodies(1, Messages), Delivered(group));
        UntilFresh(group, node);
        Assert.Equal(
            [
                "this member gives its leadership up to one that has all",
                "this member does not count any more, and gets a fresh copy from the leader",
                "this member has a fresh copy from the leader",
            ],
            Told(node));
        Assert.All(node.Lines.Where(IsOfDamage), line => Assert.Contains("'replicated' in vhost '/'", line));
    }

    /// <summary>What it was brought is whole.</summary>
    [Fact]
    public void The_member_can_lead_with_its_fresh_copy()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue damaged = LedBySomeoneDamaged(group);
        damaged.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.UntilLed(damaged);
        UntilFresh(group, group.NodeOf(damaged));
        LeadBy(group, damaged);
        group.Client.Deliveries.Clear();
        damaged.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == Messages, what: "all");
        Assert.Equal(Bodies(1, Messages), Delivered(group));
    }

    [Fact]
    public void What_a_client_holds_and_a_new_leader_cannot_read_is_held_at_another()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue damaged = Prepare(group, refuses: false);
        long held = PositionOf(damaged, Damaged);
        group.Claims = (member, node) =>
        {
            Consumer consumer = group.Client.Consumer();
            member.Post(QueueCommand.AddConsumer(consumer, null));
            member.Post(QueueCommand.Claim(new HeldClaim(consumer, [held], group.Client.Channel.Outbox)));
            member.Post(QueueCommand.ClaimsComplete(node));
        };
        Transfer(group, damaged, () => Told(group.NodeOf(damaged)).Count > 0);
        ReplicatedQueue next = group.UntilLed(damaged);
        group.Cluster.Until(() => group.Client.Deliveries.Count == Messages - 1, what: "what nobody holds");
        Assert.Equal(Bodies(1, Messages).Where(body => body != Body(Damaged)), Delivered(group));
        Assert.Equal(Messages, next.UnackedCount);
        UntilFresh(group, group.NodeOf(damaged));
    }

    /// <summary>Without its vote the other could not lead, so it keeps that.</summary>
    [Fact]
    public void Of_two_members_the_other_one_leads()
    {
        var group = ReplicaGroup.Within(2);
        ReplicatedQueue damaged = LedBySomeoneDamaged(group);
        damaged.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        ReplicatedQueue next = group.UntilLed(damaged);
        Assert.Equal(Bodies(1, Damaged - 1), Delivered(group));
        group.Client.Deliveries.Clear();
        next.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == Messages, what: "all");
        Assert.Equal(Bodies(1, Messages), Delivered(group));
        for (int delivery = 0; delivery < Messages; delivery++)
            group.Acknowledge(next, delivery);
        group.Cluster.Until(
            () => group.NodeOf(damaged).Lines.Exists(
                static line => line.Contains("what this member could not read has left the queue")),
            what: "the end of the damage");
        Assert.Same(next, group.Leader);
        Assert.Equal(Soundness.Sound, damaged.Consensus!.Soundness);
    }

    [Fact]
    public void What_nobody_else_has_is_told_and_the_rest_delivered()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue only = group.UntilLed();
        SimulatedNode node = group.NodeOf(only);
        group.Wish(node, node.Id);
        group.UntilMembers(node.Id);
        Publish(group, only, Many);
        // Those at the head have their bytes.
        const int Last = Many - 20;
        Damage(node, only, refuses: false, Last);
        only.Post(QueueCommand.AddConsumer(group.Client.Consumer(noAck: true), null));
        int written = 0;
        group.Cluster.Until(
            () =>
            {
                for (; written < group.Client.Deliveries.Count; written++)
                {
                    TestDelivery delivered = group.Client.Deliveries[written];
                    only.Post(QueueCommand.Written(delivered.Consumer, 1, delivered.SizeBytes));
                }
                return group.Client.Deliveries.Count == Many - 1;
            },
            what: "the rest");
        Assert.Equal(Bodies(1, Many).Where(body => body != Body(Last)), Delivered(group));
        Assert.Same(only, group.Leader);
        Assert.Contains(node.Lines, static line => line.StartsWith("1 messages of queue 'replicated'"));
    }

    /// <summary>Else the queue would wait for a leader for good, that brings it what nobody has.</summary>
    [Fact]
    public void Who_alone_has_a_queue_leads_it_though_it_cannot_bring_it_to_another()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue only = group.UntilLed();
        SimulatedNode node = group.NodeOf(only);
        NodeId[] all = [.. ReplicaGroup.DefinitionOn(node).Members];
        group.Wish(node, node.Id);
        group.UntilMembers(node.Id);
        Publish(group, only, Many);
        Damage(node, only, refuses: false);
        group.Wish(node, all);
        group.Until(
            () => node.Lines.Exists(static line => line.Contains("no other member has it")), "what becomes of it");
        group.Cluster.Steps(500);
        Assert.Same(only, group.Leader);
        Assert.Single(node.Lines, static line => line.Contains("no other member has it"));
        only.Post(QueueCommand.AddConsumer(group.Client.Consumer(prefetch: 10), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == 10, what: "deliveries");
    }

    /// <summary>Who leads reads it for another member, and finds out.</summary>
    [Fact]
    public void What_a_leader_cannot_read_for_a_member_that_lags_costs_it_its_lead()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        SimulatedNode node = group.NodeOf(leader);
        SimulatedNode away = group.Cluster.Nodes.First(other => other != node);
        away.Transport!.IsBehind = true;
        Publish(group, leader, Many);
        Damage(node, leader, refuses: false);
        away.Transport.IsBehind = false;
        ReplicatedQueue next = group.UntilLed(leader);
        Assert.NotSame(group.MemberOf(away), next);
        UntilFresh(group, node);
        Assert.Equal(3, Told(node).Count);
        Assert.Equal(Many, group.MemberOf(away)!.Replica.Messages.Count);
    }

    /// <summary>Whoever lags is brought what lives, and nobody needs what was acknowledged.</summary>
    [Fact]
    public void What_lives_no_more_costs_nobody_the_lead()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        SimulatedNode node = group.NodeOf(leader);
        SimulatedNode away = group.Cluster.Nodes.First(other => other != node);
        away.Transport!.IsBehind = true;
        Publish(group, leader, Many);
        Damage(node, leader, refuses: false, number: 1);
        // Its bytes are in memory still.
        leader.Post(QueueCommand.AddConsumer(group.Client.Consumer(prefetch: 1), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == 1, what: "the first");
        group.Acknowledge(leader, 0);
        group.Cluster.Until(() => leader.Replica.Messages.Count == Many - 1, what: "that it is gone");
        away.Transport.IsBehind = false;
        group.UntilEqual();
        Assert.Equal(Many - 1, group.MemberOf(away)!.Replica.Messages.Count);
        Assert.Same(leader, group.Leader);
        Assert.Empty(Told(node));
    }

    /// <summary>The other one is to lead nothing, so that the queue would stand still.</summary>
    [Fact]
    public async Task Where_nobody_takes_the_lead_the_rest_is_delivered()
    {
        var group = ReplicaGroup.Within(2);
        ReplicatedQueue damaged = LedBySomeoneDamaged(group);
        SimulatedNode node = group.NodeOf(damaged);
        SimulatedNode other = group.NodeOf(group.Members.Single(member => member != damaged));
        await group.Cluster.Done(other.Broker!.HandOverAsync(TimeSpan.FromSeconds(5)));
        damaged.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.Until(
            () => node.Lines.Exists(static line => line.Contains("no other member takes the lead")), what: "the end");
        Assert.Same(damaged, group.UntilLed());
        group.Client.Deliveries.Clear();
        damaged.Post(QueueCommand.AddConsumer(group.Client.Consumer(), null));
        group.Cluster.Until(() => group.Client.Deliveries.Count == Messages - 1, what: "the rest");
        Assert.Equal(Bodies(1, Messages).Where(body => body != Body(Damaged)), Delivered(group));
        Assert.Equal(Messages, damaged.Replica.Messages.Count);
    }

    [Fact]
    public void What_a_leader_cannot_read_for_another_member_costs_it_its_lead()
    {
        var group = new ReplicaGroup();
        ReplicatedQueue leader = group.UntilLed();
        Publish(group, leader, Many);
        group.UntilEqual();
        SimulatedNode node = group.NodeOf(leader);
        Damage(node, leader, refuses: false);
        SimulatedNode away = group.Cluster.Nodes.First(other => other != node);
        group.MemberOf(away)!.Post(QueueCommand.Ask(static consensus => consensus!.BecomeUnsound("a test")));
        ReplicatedQueue next = group.UntilLed(leader);
        Assert.NotSame(group.MemberOf(away), next);
        UntilFresh(group, node);
        UntilFresh(group, away);
        Assert.Equal(3, Told(node).Count);
        Assert.Equal(2, Told(away).Count);
    }

    private static void UntilFresh(ReplicaGroup group, SimulatedNode node)
    {
        group.Cluster.Until(
            () => node.Lines.Exists(
                static line => line.EndsWith("all of it, and counts again", StringComparison.Ordinal)),
            what: "a fresh copy");
        Assert.Equal(Soundness.Sound, group.MemberOf(node)!.Consensus!.Soundness);
        group.UntilEqual();
    }

    private static ReplicatedQueue LedBySomeoneDamaged(ReplicaGroup group, bool refuses = false)
    {
        ReplicatedQueue damaged = Prepare(group, refuses);
        LeadBy(group, damaged);
        return damaged;
    }

    // A follower, since whoever took messages in has them in memory.
    private static ReplicatedQueue Prepare(ReplicaGroup group, bool refuses)
    {
        ReplicatedQueue leader = group.UntilLed();
        Publish(group, leader);
        group.UntilEqual();
        ReplicatedQueue damaged = group.Members.First(member => member != leader);
        Damage(group.NodeOf(damaged), damaged, refuses);
        return damaged;
    }

    private static void Publish(ReplicaGroup group, ReplicatedQueue leader, int count = Messages)
    {
        for (int number = 1; number <= count; number++)
            group.Publish(leader, number, Body(number));
        group.Cluster.Until(() => group.Client.Verdicts.Count == count, what: "verdicts");
    }

    private static void Damage(SimulatedNode node, ReplicatedQueue member, bool refuses, int number = Damaged)
    {
        Position record = member.Replica.RecordOf(PositionOf(member, number));
        if (refuses)
            DamagedRecord.Spoil(node, record, Padding.Length / 2);
        else
            DamagedRecord.Flip(node, record, Padding.Length / 2);
    }

    private static long PositionOf(ReplicatedQueue member, int number)
    {
        long after = 0;
        for (; number > 0 && member.Replica.Messages.TryNext(after, out ReplicaMessage message); number--)
            after = message.Index;
        return after;
    }

    private static void LeadBy(ReplicaGroup group, ReplicatedQueue member) =>
        Transfer(group, member, () => member.IsServing);

    private static void Transfer(ReplicaGroup group, ReplicatedQueue to, Func<bool> isDone)
    {
        SimulatedNode node = group.NodeOf(to);
        group.Cluster.Until(
            () =>
            {
                group.Leader?.Post(QueueCommand.Ask(consensus => consensus?.TransferLeadership(node.Id)));
                return isDone();
            },
            what: "its lead");
    }

    private static string Body(int number) => $"m{number}{Padding}";

    private static IEnumerable<string> Bodies(int from, int to) =>
        Enumerable.Range(from, to - from + 1).Select(Body);

    private static IEnumerable<string> Delivered(ReplicaGroup group) =>
        group.Client.Deliveries.Select(static delivery => delivery.Body);

    // Without what they begin with, which names the entry.
    private static List<string> Told(SimulatedNode node) =>
    [
        .. node.Lines.Where(IsOfDamage)
            .Select(static line => line[line.IndexOf("this member", StringComparison.Ordinal)..])
            .Select(static line => line.Split(". 'warren")[0].Split(", all of it")[0]),
    ];

    private static bool IsOfDamage(string line) =>
        line.Contains("this member", StringComparison.Ordinal) && line.StartsWith("Replicated queue");
}
