using Warren.Broker.Durability;
using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>
/// A member that starts with an entry of which it cannot make anything: since its disk has lost it, or since another
/// version has written it.
/// </summary>
public sealed class UnreadableEntryTests
{
    private readonly ReplicaGroup _group = new();
    private readonly ReplicatedQueue _leader;
    private readonly SimulatedNode _node;

    public UnreadableEntryTests()
    {
        _leader = _group.UntilLed();
        _group.Publish(_leader, 1, 5);
        _group.UntilEqual();
        _node = _group.Cluster.Nodes.Last(node => node != _group.NodeOf(_leader));
    }

    /// <summary>Bodies of messages are read when they are wanted, a long state's at the start.</summary>
    [Fact]
    public void A_state_that_is_damaged_comes_from_the_leader()
    {
        Position state = Write([EntryKinds.State, 1, 2, 3], new byte[2000]);
        _node.IsDamaged = true;
        _node.Disk.FlipBit($"log/{state.Segment:D10}.seg", state.Offset + 1000, 1);
        _group.Cluster.SetCut(_node, isCut: true);
        _node.Start();
        _group.Cluster.Steps(300);
        Assert.Equal(Soundness.NeedsSnapshot, _group.MemberOf(_node)!.Consensus!.Soundness);
        _group.Cluster.SetCut(_node, isCut: false);
        _group.Cluster.Until(
            () => _group.MemberOf(_node)!.Consensus!.Soundness == Soundness.Sound, what: "what was lost");
        _group.UntilEqual();
        Assert.Equal(5, _group.MemberOf(_node)!.Replica.Messages.Count);
    }

    /// <summary>The others go on; it leads nothing, is behind for all to see, and says why.</summary>
    [Fact]
    public void An_entry_of_an_unknown_kind_halts_that_member_alone()
    {
        Write([99], []);
        _node.Start();
        ReplicatedQueue halted = null!;
        _group.Cluster.Until(
            () => _group.MemberOf(_node) is { Consensus.Heartbeats: null } found && (halted = found) is not null,
            what: "a halt");
        Assert.Contains(_node.Lines, static line =>
            line.Contains("'replicated'", StringComparison.Ordinal)
            && line.Contains("cannot be understood, and this member goes no further", StringComparison.Ordinal));
        _group.Client.Verdicts.Clear();
        _group.Publish(_group.UntilLed(), 6, 9);
        Assert.All(_group.Client.Verdicts.Values, Assert.True);
        SimulatedNode second = _group.Cluster.Nodes.Single(
            node => node != _node && node != _group.NodeOf(_group.Leader!));
        _group.Until(
            () => _group.Leader!.InStep is var there && there.Contains(second.Id) && !there.Contains(_node.Id),
            "word of its halt");
        // Who is second has no majority with it.
        _group.NodeOf(_group.Leader!).Crash();
        _group.Cluster.Steps(1000);
        Assert.Null(_group.Leader);
        Assert.DoesNotContain(_group.Members, static member => member.Consensus!.IsLeader);
        _group.Cluster.Nodes.Single(static node => !node.IsUp).Start();
        ReplicatedQueue next = _group.UntilLed();
        _group.Publish(next, 10, 12);
        Assert.Equal(12, next.Replica.Messages.Count);
        Assert.Equal(5, halted.Replica.Messages.Count);
        // The next start finds the same.
        _node.Crash();
        _node.Start();
        _group.Cluster.Until(() => _group.MemberOf(_node) is { Consensus.Heartbeats: null }, what: "a halt");
        Assert.NotEqual(_node, _group.NodeOf(_group.UntilLed()));
    }

    // Beside any broker, behind all that it has, as if it had been applied and compacted.
    private Position Write(byte[] meta, byte[] body)
    {
        var id = new GroupId(_leader.Definition.Id.Value);
        _node.Crash();
        HardState state = null!;
        LogIndex last = default;
        Term term = default;
        NodeLog log = StorageDirectory.Open(
            _node.Disk, _node.Log, _node,
            (_, found) =>
            {
                if (found.Id == id)
                {
                    Assert.True(HardStateFormat.TryRead(found.State.Span, out state!));
                    (last, term) = (found.LastIndex.Next(), found.LastTerm);
                }
            },
            static () => { });
        LogGroup group = log.OpenGroup(id, new RecoveredLosses.Nobody());
        Position position = group.Append(new NewEntry
        {
            Index = last,
            Term = term,
            Meta = meta,
            Body = body,
            IsKept = true,
        }).Position;
        group.SetState(
            HardStateFormat.Write(state with { Commit = last, CompactedIndex = last, CompactedTerm = term }), []);
        Assert.Equal(CommitOutcome.Committed, log.CommitRound());
        // What is in the last round would be taken for torn.
        group.MarkSound();
        Assert.Equal(CommitOutcome.Committed, log.CommitRound());
        _node.Disk = _node.Disk.CrashProcess();
        return position;
    }
}
