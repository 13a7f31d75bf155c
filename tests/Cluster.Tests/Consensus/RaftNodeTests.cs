using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;
using Xunit;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>What scripts do not tell: costs, and what is refused outright.</summary>
public sealed class RaftNodeTests
{
    private static readonly NodeId Leader = ScriptedCluster.Id(1);
    private static readonly NodeId Self = ScriptedCluster.Id(2);
    private static readonly NodeId Third = ScriptedCluster.Id(3);

    [Fact]
    public void An_idle_follower_allocates_nothing()
    {
        RaftNode node = Follower();
        var ready = new Ready();
        void Beat(int times)
        {
            for (int beat = 0; beat < times; beat++)
            {
                node.Tick();
                node.Step(Leader, new Heartbeat(new Term(1), default, beat));
                node.TakeReady(ready);
            }
        }
        Beat(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Beat(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void An_idle_leader_allocates_nothing()
    {
        RaftNode node = Lead();
        var ready = new Ready();
        void Beat(int times)
        {
            for (int beat = 0; beat < times; beat++)
            {
                node.Tick();
                Assert.True(node.TryHeartbeat(Leader, out Heartbeat heartbeat));
                node.Step(Leader, new HeartbeatAnswer(heartbeat.Term, heartbeat.Round, Soundness.Sound));
                node.TakeReady(ready);
            }
        }
        Beat(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Beat(1000);
        Assert.True(node.IsLeader);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_second_leader_in_a_term_stops_the_node()
    {
        Membership members = Founders().Members.With(new Member(Third, IsVoter: true));
        var node = new RaftNode(
            new RaftStart { Self = Self, State = Founders() with { Members = members } }, new RaftOptions(),
            new Random(1));
        var heartbeat = new Heartbeat(new Term(1), default, 0);
        node.Step(Leader, heartbeat);
        Assert.Throws<InvalidOperationException>(() => node.Step(Third, heartbeat));
    }

    [Fact]
    public void Who_is_no_member_is_no_second_leader()
    {
        RaftNode node = Lead();
        node.Step(Third, new Heartbeat(node.Term, default, 0));
        node.Step(Third, Append(node.Term));
        Assert.True(node.IsLeader);
        Assert.Equal(2, node.Dropped);
        // It may be that others have elected somebody whom this one has not heard of.
        node.Step(Third, new Heartbeat(node.Term.Next(), default, 0));
        Assert.Equal((RaftRole.Follower, Third, 2), (node.Role, node.Leader, node.Dropped));
        node.Step(ScriptedCluster.Id(4), new Heartbeat(node.Term, default, 0));
        Assert.Equal((RaftRole.Follower, Third, 3), (node.Role, node.Leader, node.Dropped));
    }

    [Fact]
    public void A_group_of_one_is_led_by_no_stranger()
    {
        RaftNode node = Alone();
        Term term = node.Term;
        node.Step(Third, new Heartbeat(term, default, 0));
        node.Step(Third, new Heartbeat(term.Next(), default, 0));
        node.Step(Third, Append(term.Next()));
        node.Step(Third, new VoteAnswer(term.Next()) { IsPreVote = false, IsGranted = false });
        node.Step(Third, new HeartbeatAnswer(term.Next(), 0, Soundness.Sound));
        Assert.True(node.IsLeader);
        Assert.Equal((term, 5), (node.Term, node.Dropped));
    }

    [Fact]
    public void Who_has_yet_to_learn_of_the_group_takes_what_its_leader_sends()
    {
        var node = new RaftNode(
            new RaftStart { Self = Self, State = new HardState() }, new RaftOptions(), new Random(1));
        node.Step(Leader, new Heartbeat(new Term(3), default, 0));
        node.Step(Leader, Append(new Term(3)));
        Assert.Equal((Leader, 0), (node.Leader, node.Dropped));
        // Nor is anybody else taken for a leader of that term.
        node.Step(Third, new Heartbeat(new Term(3), default, 0));
        Assert.Equal((Leader, 1), (node.Leader, node.Dropped));
    }

    [Fact]
    public void An_owners_entry_is_not_taken_for_one_of_consensus()
    {
        RaftNode node = Lead();
        Assert.Throws<InvalidOperationException>(
            () => node.TryPropose([new EntryPayload(MembershipFormat.EmptyMeta, default)], out _));
    }

    [Fact]
    public void A_log_that_ends_before_what_was_committed_is_not_started() => Assert.Throws<InvalidOperationException>(
        () => new RaftNode(
            new RaftStart { Self = Self, State = Founders() with { Commit = new LogIndex(1) } },
            new RaftOptions(),
            new Random(1)));

    /// <summary>An operator's last resort: what it has is all that there is from now on.</summary>
    [Fact]
    public void A_member_that_begins_alone_leads_with_the_log_that_it_has()
    {
        var entry = new RaftEntry
        {
            Index = new LogIndex(1),
            Term = new Term(1),
            Kind = EntryKind.Payload,
            Meta = new byte[] { 7 },
            PayloadBytes = 1,
        };
        var node = new RaftNode(
            new RaftStart
            {
                Self = Self,
                State = Founders() with { Term = new Term(4), Vote = Leader },
                Entries = [entry],
                BeginsAlone = true,
            },
            new RaftOptions { LeadsAtOnceAlone = true },
            new Random(1));
        Assert.Equal(new Membership([new Member(Self, IsVoter: true)]), node.Members);
        var ready = new Ready();
        while (node.TakeReady(ready))
        {
            Assert.Empty(ready.Messages);
            Assert.Empty(ready.DurableMessages);
            node.Persisted(ready.Number);
            node.Applied(node.Log.HandedOut);
        }
        Assert.True(node.HasCommittedInTerm);
        Assert.True(node.Term > new Term(5));
        Assert.Equal(new Term(1), node.Entry(new LogIndex(1)).Term);
        Assert.Equal(node.Log.LastIndex, node.Log.Commit);
    }

    /// <summary>
    /// A leader takes what comes with a lower count for old: one that a crash takes back would be ignored for as long
    /// as that leader leads.
    /// </summary>
    [Fact]
    public void A_loss_is_told_when_it_is_durable()
    {
        var node = new RaftNode(RaftStart.LostNow(Self, Founders()), new RaftOptions(), new Random(1));
        node.Step(Leader, Append(new Term(1)));
        node.Step(Leader, Chunk(new Term(1)));
        node.Step(Leader, Append(default));
        var ready = new Ready();
        Assert.True(node.TakeReady(ready));
        Assert.NotNull(ready.State);
        Assert.Empty(ready.Messages);
        Assert.Equal(3, ready.DurableMessages.Count);
        node.Step(Leader, Append(new Term(1)));
        Assert.True(node.TakeReady(ready));
        Assert.Empty(ready.Messages);
        node.Persisted(ready.Number);
        node.Step(Leader, Append(new Term(1)));
        Assert.True(node.TakeReady(ready));
        AppendAnswer answer = Assert.IsType<AppendAnswer>(Assert.Single(ready.Messages).Message);
        Assert.Equal((1, Soundness.NeedsSnapshot), (answer.Losses, answer.Soundness));
    }

    private static SnapshotChunk Chunk(Term term) => new(term)
    {
        Attempt = 1,
        Losses = 0,
        Offset = 0,
        Bytes = default,
        Checksum = 0,
    };

    private static HardState Founders() => new()
    {
        Members = new Membership([new Member(Leader, IsVoter: true), new Member(Self, IsVoter: true)]),
    };

    private static AppendRequest Append(Term term) => new(term)
    {
        PreviousIndex = default,
        PreviousTerm = default,
        Commit = default,
        Entries = [],
    };

    private static RaftNode Alone()
    {
        var node = new RaftNode(
            new RaftStart
            {
                Self = Self,
                State = new HardState { Members = new Membership([new Member(Self, IsVoter: true)]) },
            },
            new RaftOptions { LeadsAtOnceAlone = true },
            new Random(1));
        var ready = new Ready();
        while (node.TakeReady(ready))
        {
            node.Persisted(ready.Number);
            node.Applied(node.Log.HandedOut);
        }
        Assert.True(node.HasCommittedInTerm);
        return node;
    }

    private static RaftNode Follower() =>
        new(new RaftStart { Self = Self, State = Founders() }, new RaftOptions(), new Random(1));

    /// <summary>Elected by the other, with everything acknowledged.</summary>
    private static RaftNode Lead()
    {
        RaftNode node = Follower();
        var ready = new Ready();
        node.Campaign();
        node.Step(Leader, new VoteAnswer(new Term(1)) { IsPreVote = true, IsGranted = true });
        node.TakeReady(ready);
        node.Persisted(ready.Number);
        node.Step(Leader, new VoteAnswer(new Term(1)) { IsPreVote = false, IsGranted = true });
        node.TakeReady(ready);
        node.Persisted(ready.Number);
        node.Step(Leader, new AppendAnswer(new Term(1)) { Index = new(1), Soundness = Soundness.Sound, Losses = 0 });
        while (node.TakeReady(ready))
            node.Applied(node.Log.Commit);
        Assert.Equal(new LogIndex(1), node.Log.Applied);
        return node;
    }
}
