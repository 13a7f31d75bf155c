using Warren.Broker.Queues;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Cluster.Consensus;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// A member that was away for longer than the leader's log reaches is brought what is live, in many chunks, while that
/// changes; it crashes, and so do leaders, and it has the old whole or the new whole.
/// </summary>
public sealed class CatchUpTests
{
    private const int Before = 5;

    /// <summary>More than a leader keeps without compacting.</summary>
    private const int Meanwhile = 6000;

    private readonly ReplicaGroup _group = new();
    private readonly SimulatedNode _away;
    private ReplicatedQueue _leader;
    private int _acknowledged;

    public CatchUpTests()
    {
        _leader = _group.UntilLed();
        _group.Publish(_leader, 1, Before);
        _group.UntilEqual();
        _away = _group.Cluster.Nodes.First(node => node != _group.NodeOf(_leader));
        _away.Crash();
        for (int number = Before + 1; number < Before + Meanwhile; number += 500)
        {
            _group.Publish(_leader, number, number + 499);
            _group.Cluster.Steps(20);
        }
        Assert.True(_leader.Consensus!.CompactedIndex.Value > Meanwhile / 2);
    }

    [Fact]
    public void Wherever_it_crashes_it_has_the_old_whole_or_the_new_whole()
    {
        int halves = 0;
        for (int steps = 10; ; steps += 10)
        {
            Start();
            Steps(steps);
            if (IsWhole())
                break;
            halves += _group.Leader!.InStep.Contains(_away.Id) ? throw new InvalidOperationException("a half counts")
                : HasBegun ? 1 : 0;
            _away.Crash();
        }
        Assert.True(halves > 3, $"it has crashed {halves} times in the middle");
        UntilEqual();
    }

    [Fact]
    public void Another_leader_begins_anew()
    {
        Start();
        _group.Cluster.Until(() => HasBegun, what: "chunks");
        _group.NodeOf(_leader).Crash();
        _group.Cluster.Until(() => !HasBegun, what: "the end of what came from the leader before");
        Assert.Equal(Soundness.Sound, Member.Consensus!.Soundness);
        Assert.Equal(Before, Member.Replica.Messages.Count);
        // It votes, and the one that has all leads.
        _group.UntilLed(_leader);
        _group.Cluster.Nodes.Single(node => !node.IsUp).Start();
        UntilEqual();
    }

    [Fact]
    public void What_is_acknowledged_meanwhile_is_gone_there_too()
    {
        _leader.Post(QueueCommand.AddConsumer(_group.Client.Consumer(prefetch: 100), null));
        Start();
        _group.Cluster.Until(
            () =>
            {
                Acknowledge();
                return IsWhole();
            },
            what: "the whole");
        Assert.True(_acknowledged > 100, $"{_acknowledged} were acknowledged");
        UntilEqual();
        Assert.Equal(Before + Meanwhile - _acknowledged, Member.Replica.Messages.Count);
    }

    /// <summary>What it has is served by it: all, in order, with its bytes.</summary>
    [Fact]
    public void What_it_was_brought_it_can_lead_with()
    {
        Start();
        UntilEqual();
        _group.Cluster.Until(
            () =>
            {
                _leader.Post(QueueCommand.Ask(group => group?.TransferLeadership(_away.Id)));
                return Member.IsServing;
            },
            what: "its lead");
        Member.Post(QueueCommand.AddConsumer(_group.Client.Consumer(noAck: true), null));
        _group.Cluster.Until(
            () =>
            {
                Written();
                return _group.Client.Deliveries.Count == Before + Meanwhile;
            },
            mostSteps: 40_000, what: "deliveries");
        Assert.Equal(
            Enumerable.Range(1, Before + Meanwhile).Select(number => $"m{number}"),
            _group.Client.Deliveries.Select(delivery => delivery.Body));
    }

    [Fact]
    public void After_a_crash_in_the_middle_its_disk_has_nothing_of_the_half()
    {
        Start();
        _group.Cluster.Until(() => HasBegun, what: "chunks");
        Steps(40);
        Assert.False(IsWhole());
        _away.Crash();
        _group.Cluster.SetCut(_away, true);
        Start();
        Steps(100);
        // Nobody tells it what is committed of it.
        Assert.Equal(Soundness.Sound, Member.Consensus!.Soundness);
        Assert.InRange(Member.Consensus.LastIndex.Value, Before, 20);
        _group.Cluster.SetCut(_away, false);
        UntilEqual();
    }

    private ReplicatedQueue Member => _group.MemberOf(_away)!;

    private bool HasBegun => Member.Consensus is { View.IsBroughtAll: true };

    private bool IsWhole() => Member.Consensus is { } group && group.Applied.Value > Meanwhile;

    private void Start()
    {
        _away.Start();
        _group.Cluster.Until(() => _group.MemberOf(_away)?.Consensus is not null, what: "the member");
    }

    private void Steps(int count) => _group.Cluster.Steps(count);

    private void Acknowledge()
    {
        for (; _acknowledged < _group.Client.Deliveries.Count; _acknowledged++)
            _group.Acknowledge(_leader, _acknowledged);
    }

    private void Written()
    {
        for (; _acknowledged < _group.Client.Deliveries.Count; _acknowledged++)
        {
            TestDelivery delivered = _group.Client.Deliveries[_acknowledged];
            Member.Post(QueueCommand.Written(delivered.Consumer, 1, delivered.SizeBytes));
        }
    }

    private void UntilEqual()
    {
        _group.Cluster.Until(() => IsWhole() && _group.Leader is not null, what: "the whole");
        _leader = _group.Leader!;
        _group.Cluster.Steps(50);
        _group.UntilEqual();
        long after = 0;
        while (_leader.Replica.Messages.TryNext(after, out ReplicaMessage expected))
        {
            Assert.True(Member.Replica.Messages.TryNext(after, out ReplicaMessage found));
            Assert.Equal(
                (expected.Index, expected.BodyBytes, expected.DeliveryCount),
                (found.Index, found.BodyBytes, found.DeliveryCount));
            after = expected.Index;
        }
    }
}
