using Warren.Broker.Queues.Replicated;
using Warren.Broker.Tests.Cluster;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage.Disk;
using Warren.Storage.Inspection;
using Xunit;

namespace Warren.Broker.Tests.Queues.Replicated;

/// <summary>The members of a queue's group follow those that the definitions wish for.</summary>
public sealed class ReconciliationTests
{
    private readonly ReplicaGroup _group = ReplicaGroup.Within(5);

    [Fact]
    public void A_node_that_is_added_has_all_that_there_is_and_votes()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        NodeId[] members = [.. Wished, Others[0].Id];
        _group.Wish(_group.NodeOf(leader), members);
        _group.UntilMembers(members);
        _group.Until(() => MemberOn(Others[0])?.Replica.Messages.Count == 30, "what there is");
        Assert.Null(MemberOn(Others[1]));
        // Of four one may be down.
        _group.NodeOf(_group.Leader!).Crash();
        ReplicatedQueue next = _group.UntilLed();
        _group.Publish(next, 31, 32);
        Assert.All(_group.Client.Verdicts.Values, Assert.True);
    }

    [Fact]
    public void A_node_that_is_not_wished_for_goes_with_what_it_has_when_the_others_have_come()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        _group.UntilMembers([.. Wished]);
        SimulatedNode gone = Node(Wished.First(node => node != _group.NodeOf(leader).Id));
        NodeId[] members = [.. Wished.Where(node => node != gone.Id), Others[0].Id];
        int least = int.MaxValue;
        _group.Wish(_group.NodeOf(leader), members);
        _group.Until(
            () =>
            {
                if (_group.Leader?.Standing is { } standing)
                    least = Math.Min(least, standing.Members.Count(member => member.IsVoter));
                return MemberOn(gone)!.Consensus!.Soundness == Soundness.NeedsSnapshot;
            },
            "that it lets go");
        _group.UntilMembers(members);
        Assert.Equal(3, least);
        Assert.Equal(0, MemberOn(gone)!.Replica.Messages.Count);
        Assert.Equal(30, MemberOn(Others[0])!.Replica.Messages.Count);
        // Nothing of it comes back, and it has no vote.
        Assert.InRange(EntriesOn(Others[0]), 30, long.MaxValue);
        _group.Until(() => EntriesOn(gone) == 0, "that its disk has nothing of it");
        gone.Crash();
        gone.Start();
        _group.Cluster.UntilServing();
        Assert.Equal(0, MemberOn(gone)!.Consensus!.LastIndex.Value);
        Assert.Equal(Soundness.NeedsSnapshot, MemberOn(gone)!.Consensus!.Soundness);
    }

    /// <summary>Its link is up: without the one that goes nothing would be confirmed before it has caught up.</summary>
    [Fact]
    public void Nobody_goes_while_who_stays_lacks_something()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        _group.UntilMembers([.. Wished]);
        SimulatedNode[] others = [.. Wished.Select(Node).Where(node => node != _group.NodeOf(leader))];
        SimulatedNode gone = others[0];
        others[1].Transport!.IsBehind = true;
        _group.Publish(leader, 31, 40);
        _group.Until(() => !leader.InStep.Contains(others[1].Id), "that it is seen to be behind");
        NodeId[] members = [.. Wished.Where(node => node != gone.Id)];
        _group.Wish(_group.NodeOf(leader), members);
        _group.Cluster.Steps(200);
        Assert.True(leader.Consensus!.Members.IsVoter(gone.Id));
        _group.Publish(leader, 41, 50);
        others[1].Transport!.IsBehind = false;
        _group.UntilMembers(members);
        Assert.All(_group.Client.Verdicts.Values, Assert.True);
    }

    [Fact]
    public void A_leader_that_is_not_wished_for_hands_over_and_is_removed()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        SimulatedNode gone = _group.NodeOf(leader);
        NodeId[] members = [.. Wished.Where(node => node != gone.Id), Others[0].Id];
        _group.Wish(gone, members);
        bool hasRemovedItself = false;
        _group.Until(
            () =>
            {
                hasRemovedItself |= leader.Consensus is { IsLeader: true } own && !own.Members.Contains(gone.Id);
                return leader.Consensus!.Soundness == Soundness.NeedsSnapshot;
            },
            "that it lets go");
        Assert.False(hasRemovedItself);
        _group.UntilMembers(members);
        Assert.NotSame(leader, _group.Leader);
        Assert.Equal(30, _group.Leader!.Replica.Messages.Count);
        _group.Publish(_group.Leader!, 31, 32);
    }

    [Fact]
    public void All_members_may_be_others()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        NodeId stays = Wished[^1];
        NodeId[] members = [Others[0].Id, Others[1].Id, stays];
        _group.Wish(_group.NodeOf(leader), members);
        _group.UntilMembers(members);
        _group.Until(() => members.All(id => MemberOn(Node(id))!.Replica.Messages.Count == 30), "what there is");
    }

    /// <summary>What nobody has told it of it cannot know.</summary>
    [Fact]
    public void A_member_that_is_away_while_it_is_removed_lets_go_when_it_is_back()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        _group.UntilMembers([.. Wished]);
        SimulatedNode gone = Node(Wished.First(node => node != _group.NodeOf(leader).Id));
        _group.Until(() => MemberOn(gone)!.Replica.Messages.Count == 30, "what there is");
        gone.Crash();
        NodeId[] members = [.. Wished.Where(node => node != gone.Id)];
        _group.Wish(_group.NodeOf(leader), members);
        _group.UntilMembers(members);
        gone.Start();
        // Nobody says anything yet.
        _group.Cluster.UntilServing();
        _group.Cluster.Steps(200);
        Assert.Equal(Soundness.Sound, MemberOn(gone)!.Consensus!.Soundness);
        Assert.InRange(MemberOn(gone)!.Consensus!.LastIndex.Value, 30, long.MaxValue);
        _group.Until(() => MemberOn(gone)!.Consensus!.Soundness == Soundness.NeedsSnapshot, "that it lets go");
        Assert.Equal(0, MemberOn(gone)!.Consensus!.LastIndex.Value);
    }

    /// <summary>What it was brought meanwhile goes as well, though it never counted, and so does the leader.</summary>
    [Fact]
    public void One_that_is_added_again_for_a_moment_keeps_nothing()
    {
        ReplicatedQueue leader = _group.UntilLed();
        // So much that it takes longer than to be removed.
        for (int number = 1; number <= 200; number++)
            _group.Publish(leader, number, new string('m', 4096));
        _group.Cluster.Until(() => _group.Client.Verdicts.ContainsKey(200), what: "verdicts");
        NodeId[] all = [.. Wished];
        SimulatedNode gone = Node(all.First(node => node != _group.NodeOf(leader).Id));
        SimulatedNode by = _group.NodeOf(leader);
        NodeId[] without = [.. all.Where(node => node != gone.Id)];
        _group.Wish(by, without);
        _group.UntilMembers(without);
        _group.Until(() => MemberOn(gone)!.Consensus!.Soundness == Soundness.NeedsSnapshot, "that it lets go");
        _group.Wish(by, all);
        _group.Until(() => MemberOn(gone)!.Consensus!.View.IsBroughtAll, "a part of what there is");
        _group.Wish(by, without);
        _group.Until(() => !leader.Consensus!.Members.Contains(gone.Id), "that it is removed");
        Assert.True(MemberOn(gone)!.Consensus!.View.IsBroughtAll);
        _group.Until(() => EntriesOn(gone) == 0, "that its disk has nothing of it");
        _group.Until(() => MemberOn(gone)!.Consensus!.Leader.IsNone, "that it follows nobody");
    }

    /// <summary>It has lost what it had, and nobody takes what it acknowledged before for what it has now.</summary>
    [Fact]
    public void One_that_was_removed_may_come_again()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        NodeId[] all = [.. Wished];
        SimulatedNode gone = Node(all.First(node => node != _group.NodeOf(leader).Id));
        SimulatedNode by = _group.NodeOf(leader);
        NodeId[] without = [.. all.Where(node => node != gone.Id)];
        for (int round = 1; round <= 3; round++)
        {
            _group.Wish(by, without);
            _group.UntilMembers(without);
            if (round != 2)
            {
                _group.Until(
                    () => MemberOn(gone)!.Consensus!.Soundness == Soundness.NeedsSnapshot, "that it lets go");
            }
            _group.Wish(by, all);
            _group.UntilMembers(all);
            _group.Until(() => MemberOn(gone)!.Replica.Messages.Count == 30, "what there is");
        }
        _group.UntilMembers(all);
        by.Crash();
        ReplicatedQueue next = _group.UntilLed();
        Assert.Equal(30, next.Replica.Messages.Count);
    }

    /// <summary>Word of the removal comes when it is a member again, and counts: it keeps what it has.</summary>
    [Fact]
    public void Old_word_takes_nothing_from_one_that_was_added_again()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        NodeId[] all = [.. Wished];
        SimulatedNode by = _group.NodeOf(leader);
        SimulatedNode again = Node(all.First(node => node != by.Id));
        NodeId[] without = [.. all.Where(node => node != again.Id)];
        // Nobody hears of it.
        _group.Wish(by, without);
        _group.Cluster.Until(
            () => leader.Standing is { Members.Length: 2 }, what: "the removal");
        ReplicaStanding old = leader.Standing!;
        _group.Wish(by, all);
        _group.Cluster.Until(
            () => leader.Standing is { Members.Length: 3 } now && now.Members.All(member => member.IsVoter),
            what: "that it votes again");
        // Its definitions lag, as if it had not heard that it is wished for again.
        ReplicatedQueue member = MemberOn(again)!;
        member.Post(Warren.Broker.Queues.QueueCommand.Members(
            member.Definition.WithMembers([.. without], 2, by.Id)));
        _group.Tell(leader, old);
        _group.Cluster.Steps(100);
        Assert.Equal(Soundness.Sound, member.Consensus!.Soundness);
        Assert.Equal(30, member.Replica.Messages.Count);
    }

    [Fact]
    public void A_node_that_is_down_is_added_when_it_is_up()
    {
        ReplicatedQueue leader = _group.UntilLed();
        _group.Publish(leader, 1, 30);
        Others[0].Crash();
        SimulatedNode by = _group.NodeOf(leader);
        SimulatedNode gone = Node(Wished.First(node => node != by.Id));
        NodeId[] members = [.. Wished.Where(node => node != gone.Id), Others[0].Id];
        _group.Wish(by, members);
        _group.Until(() => MemberOn(by)!.Definition.Members.Contains(Others[0].Id), "the wish");
        _group.Cluster.Steps(1000);
        Assert.Equal(3, leader.Standing!.Members.Length);
        Assert.Contains(gone.Id, leader.Standing.Members.Select(member => member.Id));
        Others[0].Start();
        _group.UntilMembers(members);
    }

    private NodeId[] Wished => [.. ReplicaGroup.DefinitionOn(_group.Cluster.Nodes.First(up => up.IsUp)).Members];

    // Nodes that were none of the first members.
    private SimulatedNode[] Others => [.. _group.Cluster.Nodes.Where(
        node => !ReplicaGroup.DefinitionOn(_group.Cluster.Nodes.First(up => up.IsUp)).Founders.Contains(node.Id))];

    // What a start would find of the queue.
    private static long EntriesOn(SimulatedNode node) =>
        StorageInspection.Read(node.Disk.PeekCrash(new Random(1), CrashMode.KeepAll)).Groups
            .Where(group => group.Group.Value == ReplicaGroup.DefinitionOn(node).Id.Value)
            .Sum(group => group.LiveEntries);

    private ReplicatedQueue? MemberOn(SimulatedNode node) => _group.MemberOf(node);

    private SimulatedNode Node(NodeId id) => _group.Cluster.Nodes.Single(node => node.Id == id);
}
