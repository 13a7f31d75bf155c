using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Tests.Links;
using Warren.Storage;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>Messages of any size on links that take so much and no more.</summary>
public sealed class GroupTransportTests : IDisposable
{
    private const int Mebibyte = 1024 * 1024;

    private static readonly GroupTransportOptions Options = new()
    {
        MostMessageBytes = 8 * Mebibyte,
        WaitingBulkBytes = 4 * Mebibyte,
        WaitingControlBytes = Mebibyte,
        MostOpenMessages = 3,
    };

    private readonly QueuedPeers _here;
    private readonly QueuedPeers _there;
    private readonly GroupTransport _sender;
    private readonly GroupTransport _receiver;
    private readonly ManualTime _time = new();
    private readonly List<IThreadPoolWorkItem> _scheduled = [];

    public GroupTransportTests()
    {
        PeerIdentity here = SimulatedWorld.Identity("a");
        PeerIdentity there = SimulatedWorld.Identity("b");
        _here = new QueuedPeers(here.NodeId, there);
        _there = new QueuedPeers(there.NodeId, here);
        _sender = new GroupTransport(_here, new RaftOptions(), Options, _time, _scheduled.Add);
        _receiver = new GroupTransport(_there, new RaftOptions(), Options, _time, _scheduled.Add);
        _here.Up();
        _there.Up();
    }

    private NodeId There => _there.Self;

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Fact]
    public void Small_messages_go_in_class_control_and_come_as_they_were()
    {
        ReceivingMember member = Member(1);
        var vote = new VoteRequest(new Term(7)) { LastIndex = new LogIndex(3), LastTerm = new Term(2) };
        _sender.Send(There, new GroupId(1), vote);
        Send(1, previous: 4, bodyBytes: 1000);
        Assert.Equal((2, 0), (_here.Waiting(LinkClass.Control), _here.Waiting(LinkClass.Bulk)));
        _here.MoveAll(_there);
        Assert.Equal(vote, member.Messages[0]);
        AssertBody(member.Messages[1], 1000);
    }

    [Theory]
    [InlineData(65_536)]
    [InlineData(300_000)]
    [InlineData(7 * Mebibyte)]
    public void Large_ones_go_in_pieces_in_class_bulk_and_come_whole(int bodyBytes)
    {
        ReceivingMember member = Member(1);
        Send(1, previous: 4, bodyBytes);
        Assert.Equal(0, _here.Waiting(LinkClass.Control));
        _here.MoveAll(_there);
        AssertBody(Assert.Single(member.Messages), bodyBytes);
        Assert.Equal(0, _sender.HeldBytes + _receiver.HeldBytes);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(300_000)]
    public void What_was_turned_away_for_want_of_a_link_goes_when_it_is_told_of(int bodyBytes)
    {
        ReceivingMember member = Member(1);
        _here.Down();
        _here.ComesUpTooLate = true;
        Send(1, previous: 4, bodyBytes);
        _here.Up();
        Send(1, previous: 5, bodyBytes: 7);
        _here.MoveAll(_there);
        Assert.Equal(0, _sender.HeldBytes);
        AssertBody(member.Messages[^1], 7);
    }

    [Fact]
    public void One_longer_than_any_may_be_is_not_sent()
    {
        Send(1, previous: 4, Options.MostMessageBytes);
        Assert.Equal((0, 1L), (_here.Waiting(LinkClass.Bulk), _sender.LostMessages));
    }

    [Fact]
    public void Pieces_of_several_groups_go_in_turn_so_that_a_short_one_does_not_wait_for_a_long_one()
    {
        ReceivingMember[] members = [Member(1), Member(2), Member(3), Member(4)];
        _here.QueueBytes = 256 * 1024;
        Send(1, previous: 4, 2 * Mebibyte);
        Send(2, previous: 4, 300_000);
        Send(3, previous: 4, 300_000);
        Send(4, previous: 4, 300_000);
        var order = new List<int>();
        while (_here.Move(LinkClass.Bulk, _there))
        {
            for (int place = 0; place < members.Length; place++)
            {
                if (members[place].Messages.Count > 0 && !order.Contains(place))
                    order.Add(place);
            }
            // Never more than so many beginnings, of which the receiver holds the bytes.
            Assert.InRange(_receiver.HeldBytes, 0, 4 * Mebibyte);
        }
        Assert.Equal([1, 2, 3, 0], order);
        AssertBody(members[0].Messages[0], 2 * Mebibyte);
    }

    [Fact]
    public void Neither_heartbeats_nor_small_messages_of_others_wait_for_a_large_one()
    {
        Member(1);
        ReceivingMember other = Member(2);
        _here.QueueBytes = 256 * 1024;
        Send(1, previous: 4, 3 * Mebibyte);
        Send(2, previous: 4, 100);
        Assert.True(_here.Move(LinkClass.Control, _there));
        AssertBody(Assert.Single(other.Messages), 100);
    }

    [Fact]
    public void Appends_of_a_group_do_not_overtake_a_large_one_until_it_is_acknowledged()
    {
        ReceivingMember member = Member(1);
        _here.QueueBytes = 256 * 1024;
        Send(1, previous: 4, Mebibyte);
        Send(1, previous: 5, 10);
        // Votes and the like are no part of that order.
        _sender.Send(There, new GroupId(1), new TimeoutNow(new Term(1)));
        Assert.True(_here.Move(LinkClass.Control, _there));
        Assert.False(_here.Move(LinkClass.Control, _there));
        _here.MoveAll(_there);
        Assert.Equal([4L, 5], member.Previous);
        // On its way to the other side, where nobody knows yet whether it has arrived.
        Send(1, previous: 6, 10);
        Assert.Equal((0, 1), (_here.Waiting(LinkClass.Control), _here.Waiting(LinkClass.Bulk)));
        Answer(1, index: 4);
        Send(1, previous: 7, 10);
        Assert.Equal((0, 2), (_here.Waiting(LinkClass.Control), _here.Waiting(LinkClass.Bulk)));
        Answer(1, index: 5);
        Answer(1, index: 8);
        Send(1, previous: 8, 10);
        Assert.Equal((1, 2), (_here.Waiting(LinkClass.Control), _here.Waiting(LinkClass.Bulk)));
    }

    [Fact]
    public void After_a_rejection_small_appends_go_at_once_again()
    {
        Send(1, previous: 4, Mebibyte);
        Answer(1, index: 2, isRejected: true);
        Send(1, previous: 2, 10);
        Assert.Equal(1, _here.Waiting(LinkClass.Control));
    }

    [Fact]
    public void What_a_lost_link_was_bringing_is_thrown_away_on_both_sides()
    {
        ReceivingMember member = Member(1);
        _here.QueueBytes = 256 * 1024;
        Send(1, previous: 4, 2 * Mebibyte);
        for (int frame = 0; frame < 5; frame++)
            _here.Move(LinkClass.Bulk, _there);
        Assert.InRange(_receiver.HeldBytes, 5 * 65_000, 5 * 65_536);
        Assert.NotEqual(0, _sender.HeldBytes);
        _here.Down();
        _there.Down();
        Assert.Equal(0, _sender.HeldBytes + _receiver.HeldBytes);
        _here.Up();
        _there.Up();
        _here.QueueBytes = 4 * Mebibyte;
        Send(1, previous: 4, 300_000);
        Send(1, previous: 5, 10);
        _here.MoveAll(_there);
        Assert.Equal([4L, 5], member.Previous);
    }

    [Fact]
    public void Nothing_waits_for_a_node_without_a_link()
    {
        _here.Down();
        Send(1, previous: 4, Mebibyte);
        Send(1, previous: 4, 10);
        Assert.Equal((0L, 2L), (_sender.HeldBytes, _sender.LostMessages));
    }

    [Fact]
    public void What_waits_is_bounded_and_the_rest_is_lost()
    {
        _here.QueueBytes = 256 * 1024;
        for (int message = 0; message < 50; message++)
        {
            Send(message + 1, previous: 4, 300_000);
            for (int small = 0; small < 20; small++)
                Send(100, previous: 4, 5_000);
        }
        Assert.InRange(
            _sender.HeldBytes,
            Options.WaitingBulkBytes / 2, Options.WaitingBulkBytes + Options.WaitingControlBytes);
        Assert.NotEqual(0, _sender.LostMessages);
    }

    [Fact]
    public void Small_messages_that_found_no_room_go_in_order_when_there_is_some()
    {
        ReceivingMember member = Member(1);
        _here.QueueBytes = 64 * 1024;
        for (int message = 0; message < 100; message++)
            Send(1, previous: message, 5_000);
        Assert.Equal(0, _sender.LostMessages);
        _here.MoveAll(_there);
        Assert.Equal(Enumerable.Range(0, 100).Select(number => (long)number), member.Previous);
    }

    [Fact]
    public void Many_lines_of_heartbeats_are_cut_between_two_lines()
    {
        var sender = new GroupSender(_here, There, Options);
        const int Lines = 10_000;
        sender.SendLines(
            HeartbeatFrameKind.Answers, HeartbeatLines.AnswerBytes, Bytes(Lines * HeartbeatLines.AnswerBytes));
        FrameCounter counter = Count();
        Assert.Equal(Lines * HeartbeatLines.AnswerBytes, counter.Lengths.Sum());
        Assert.All(counter.Lengths, length => Assert.Equal(0, length % HeartbeatLines.AnswerBytes));
        Assert.Equal(4, counter.Lengths.Count);
    }

    [Fact]
    public void The_latest_lines_wait_for_room_and_go_before_messages()
    {
        _here.QueueBytes = 5000;
        var sender = new GroupSender(_here, There, Options);
        while (_here.TrySend(There, LinkClass.Control, GroupFrameKind.Message, new byte[1000]))
            continue;
        sender.Send(new GroupId(1), new TimeoutNow(new Term(1)));
        sender.SendLines(HeartbeatFrameKind.Heartbeats, HeartbeatLines.LineBytes, Bytes(2 * HeartbeatLines.LineBytes));
        sender.SendLines(HeartbeatFrameKind.Heartbeats, HeartbeatLines.LineBytes, Bytes(HeartbeatLines.LineBytes));
        Count();
        sender.GoOn(LinkClass.Control);
        Assert.Equal([HeartbeatLines.LineBytes, 18], Count().Lengths);
    }

    [Fact]
    public void Messages_of_groups_that_are_not_here_are_counted()
    {
        Send(9, previous: 4, 10);
        _here.MoveAll(_there);
        Assert.Equal(1, _receiver.StrayMessages);
    }

    [Fact]
    public void A_follower_is_told_at_once_that_its_leaders_link_has_ended()
    {
        var member = new ReceivingMember();
        RaftNode node = MakeNode(There);
        node.Step(_here.Self, new Heartbeat(new Term(1), default, 0));
        _receiver.Register(new GroupId(1), member).Publish(node);
        Assert.Equal(0, member.Wakes);
        _there.Down();
        Assert.Equal(1, member.Wakes);
    }

    [Fact]
    public void A_leader_is_heard_as_soon_as_there_is_a_link()
    {
        RaftNode node = MakeNode(_here.Self);
        node.Campaign();
        node.Step(There, new VoteAnswer(new Term(1)) { IsPreVote = true, IsGranted = true });
        var ready = new Ready();
        node.TakeReady(ready);
        node.Persisted(ready.Number);
        node.Step(There, new VoteAnswer(new Term(1)) { IsPreVote = false, IsGranted = true });
        Assert.True(node.IsLeader);
        _sender.Register(new GroupId(1), new ReceivingMember()).Publish(node);
        _here.Down();
        _here.Up();
        Assert.Equal([HeartbeatLines.LineBytes], Count().Lengths);
    }

    // Of a group of both.
    private RaftNode MakeNode(NodeId self)
    {
        var members = new Membership([new Member(_here.Self, IsVoter: true), new Member(There, IsVoter: true)]);
        var start = new RaftStart { Self = self, State = new HardState { Members = members } };
        return new RaftNode(start, new RaftOptions(), new Random(1));
    }

    private ReceivingMember Member(long group)
    {
        var member = new ReceivingMember();
        _receiver.Register(new GroupId(group), member);
        return member;
    }

    private void Send(long group, long previous, int bodyBytes)
    {
        byte[] body = new byte[bodyBytes];
        new Random(bodyBytes).NextBytes(body);
        _sender.Send(There, new GroupId(group), new AppendRequest(new Term(1))
        {
            PreviousIndex = new LogIndex(previous),
            PreviousTerm = new Term(1),
            Commit = new LogIndex(1),
            Entries =
            [
                new RaftEntry
                {
                    Index = new LogIndex(previous + 1),
                    Term = new Term(1),
                    Kind = EntryKind.Payload,
                    Meta = new byte[] { 1 },
                    Body = body,
                    PayloadBytes = 1 + bodyBytes,
                },
            ],
        });
    }

    private void Answer(long group, long index, bool isRejected = false)
    {
        _receiver.Send(_here.Self, new GroupId(group), new AppendAnswer(new Term(1))
        {
            Index = new LogIndex(index),
            IsRejected = isRejected,
            HintIndex = default,
            HintTerm = default,
            Soundness = Soundness.Sound,
            Losses = 0,
        });
        _there.MoveAll(_here);
    }

    private static byte[] Bytes(int count) => new byte[count];

    // Takes what waits on this side's queue.
    private FrameCounter Count()
    {
        var counter = new FrameCounter();
        var end = new QueuedPeers(There, _there.Other);
        end.Register(0, counter);
        while (_here.Move(LinkClass.Control, end))
            continue;
        return counter;
    }

    private static void AssertBody(RaftMessage message, int bodyBytes)
    {
        byte[] body = new byte[bodyBytes];
        new Random(bodyBytes).NextBytes(body);
        RaftEntry entry = Assert.Single(Assert.IsType<AppendRequest>(message).Entries);
        Assert.True(entry.Body.Span.SequenceEqual(body));
    }
}
