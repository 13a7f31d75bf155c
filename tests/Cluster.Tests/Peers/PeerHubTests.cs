using System.Collections.Concurrent;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Peers;

/// <summary>The parts of a node on its links, over real sockets.</summary>
public sealed class PeerHubTests : IAsyncDisposable
{
    private const ushort Groups = PeerFrameKind.FirstOfGroups;
    private const ushort Queues = PeerFrameKind.FirstOfQueues;

    private readonly List<HubNode> _nodes = [];

    public async ValueTask DisposeAsync()
    {
        foreach (HubNode node in _nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Each_part_gets_the_frames_of_its_range_in_every_class()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        var groups = new RecordingUser("groups", b.Told);
        var queues = new RecordingUser("queues", b.Told);
        b.Hub.Register(Groups, groups);
        b.Hub.Register(Queues, queues);
        await LinkAsync(a, b);
        for (LinkClass linkClass = LinkClass.Control; linkClass <= LinkClass.Bulk; linkClass++)
        {
            Assert.True(a.Hub.TrySend(b.Id, linkClass, Groups, [1]));
            Assert.True(a.Hub.TrySend(b.Id, linkClass, Queues + 255, [1]));
            Assert.True(a.Hub.TrySend(b.Id, linkClass, Queues + 256, [1]));
        }
        await Eventually.True(() => groups.Frames == 5 && queues.Frames == 5 && b.Hub.UnknownFrames == 5);
        Assert.All(groups.Got, one => Assert.Equal((a.Id, Groups), (one.From, one.Kind)));
        Assert.All(queues.Got, one => Assert.Equal((a.Id, (ushort)(Queues + 255)), (one.From, one.Kind)));
        Assert.Equal(5, groups.Got.Select(one => one.Class).Distinct().Count());
    }

    [Fact]
    public async Task All_parts_hear_all_the_while_what_the_others_say_of_themselves()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        var queues = new RecordingUser("queues", b.Told);
        b.Hub.Register(Queues, queues);
        await LinkAsync(a, b);
        await Eventually.True(() => queues.WallClockMs != 0);
        long first = queues.WallClockMs;
        await Eventually.True(() => queues.WallClockMs > first);
        Assert.Equal(0, queues.SyncAgeMs);
        a.State = new LocalState(0, 0, TimeSpan.FromMilliseconds(2345));
        await Eventually.True(() => queues.SyncAgeMs == 2345);
    }

    [Fact]
    public async Task Frames_of_nobody_give_their_credit_back()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        await LinkAsync(a, b);
        byte[] body = new byte[60_000];
        // Several windows.
        for (int frame = 0; frame < 300; frame++)
            await Eventually.True(() => a.Hub.TrySend(b.Id, LinkClass.Bulk, Groups, body));
        await Eventually.True(() => b.Hub.UnknownFrames == 300);
    }

    [Fact]
    public async Task Links_are_told_to_all_parts_in_order_and_none_overlaps_the_next()
    {
        HubNode a = Node("a", "127.0.0.11");
        var first = new RecordingUser("first", a.Told);
        var second = new RecordingUser("second", a.Told);
        a.Hub.Register(Groups, first);
        a.Hub.Register(Queues, second);
        HubNode b = Node("b", "127.0.0.12");
        await LinkAsync(a, b);
        await b.DisposeAsync();
        await Eventually.True(() => !a.Hub.IsUp(b.Id) && a.Told.Count == 6);
        HubNode again = Node("b", "127.0.0.12", boot: 6);
        again.Start();
        a.Links.AddPeer(again.Known);
        await Eventually.True(() => a.Told.Count == 9);
        Assert.Equal(
            [
                "first up b", "second up b", "host up b", "first down b", "second down b", "host down b",
                "first up b", "second up b", "host up b",
            ],
            a.Told);
    }

    [Fact]
    public async Task Control_goes_by_another_member_while_there_is_no_link()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        HubNode c = Node("c", "127.0.0.13");
        var user = new RecordingUser("groups", c.Told);
        c.Hub.Register(Groups, user);
        c.Start();
        await LinkAsync(a, b);
        b.Links.AddPeer(c.Known);
        await Eventually.True(() => b.Hub.IsUp(c.Id) && c.Hub.IsUp(b.Id));
        // Known to each other, and out of reach.
        a.Links.AddPeer(c.Known with { Address = new PeerAddress("127.0.0.13", 1) });
        c.Links.AddPeer(a.Known with { Address = new PeerAddress("127.0.0.11", 1) });
        await Eventually.True(() => a.Hub.TrySend(c.Id, LinkClass.Control, Groups, [7]));
        await Eventually.True(() => user.Frames > 0);
        Assert.Equal((a.Id, LinkClass.Control, Groups), user.Got.First());
        Assert.False(a.Hub.IsUp(c.Id));
        Assert.False(a.Hub.TrySend(c.Id, LinkClass.Publishes, Groups, [7]));
    }

    [Fact]
    public async Task Who_was_turned_away_hears_of_room()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        var sender = new RecordingUser("groups", a.Told);
        a.Hub.Register(Groups, sender);
        var receiver = new RecordingUser("groups", b.Told);
        b.Hub.Register(Groups, receiver);
        await LinkAsync(a, b);
        byte[] body = new byte[60_000];
        int sent = 0;
        while (a.Hub.TrySend(b.Id, LinkClass.Publishes, Groups, body))
            sent++;
        await Eventually.True(() => sender.Rooms > 0 && receiver.Frames == sent);
    }

    [Fact]
    public async Task Who_found_no_way_hears_of_room_when_another_member_may_be_one()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        var sender = new RecordingUser("groups", a.Told);
        a.Hub.Register(Groups, sender);
        a.Start();
        b.Start();
        NodeId far = Node("c", "127.0.0.13").Id;
        Assert.False(a.Hub.TrySend(far, LinkClass.Control, Groups, [7]));
        a.Links.AddPeer(b.Known);
        await Eventually.True(() => sender.Rooms > 0);
    }

    [Fact]
    public async Task Who_found_no_way_hears_of_room_when_a_member_reaches_the_node()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        HubNode c = Node("c", "127.0.0.13").Start();
        var sender = new RecordingUser("groups", a.Told);
        a.Hub.Register(Groups, sender);
        await LinkAsync(a, b);
        a.Links.AddPeer(c.Known with { Address = new PeerAddress("127.0.0.13", 1) });
        Assert.False(a.Hub.TrySend(c.Id, LinkClass.Control, Groups, [7]));
        Assert.False(a.Hub.Reaches(b.Id, c.Id));
        int before = sender.Rooms;
        b.Links.AddPeer(c.Known);
        // A word of room from when the first link came up may have come late.
        await Eventually.True(() => a.Hub.Reaches(b.Id, c.Id) && sender.Rooms > before);
    }

    [Fact]
    public async Task Where_nobody_listens_any_more_the_process_is_gone()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        await LinkAsync(a, b);
        Assert.False(a.Hub.IsNobodyThere(b.Id));
        await b.DisposeAsync();
        await Eventually.True(() => a.Hub.IsNobodyThere(b.Id));
        HubNode again = Node("b", "127.0.0.12", boot: 6);
        again.Start();
        a.Links.AddPeer(again.Known);
        await Eventually.True(() => a.Hub.IsUp(b.Id));
        Assert.False(a.Hub.IsNobodyThere(b.Id));
    }

    [Fact]
    public void A_range_has_one_owner()
    {
        HubNode a = Node("a", "127.0.0.11");
        a.Hub.Register(Groups, new RecordingUser("one", a.Told));
        Assert.Throws<InvalidOperationException>(() => a.Hub.Register(Groups, new RecordingUser("two", a.Told)));
        Assert.Throws<ArgumentException>(() => a.Hub.Register(Groups + 1, new RecordingUser("two", a.Told)));
        Assert.Throws<ArgumentException>(() => a.Hub.Register(0xFF00, new RecordingUser("two", a.Told)));
        Assert.False(a.Hub.TrySend(a.Id, LinkClass.Control, Groups, []));
    }

    [Fact]
    public async Task Visitors_are_refused_unless_somebody_serves_their_purpose()
    {
        HubNode a = Node("a", "127.0.0.11").Start();
        HubNode b = Node("b", "127.0.0.12").Start();
        a.Hub.Serve(LinkPurpose.Command, new RecordingVisitors(Groups));
        VisitOutcome outcome = await a.Links.VisitAsync(b.Links.Address!.Value, LinkPurpose.Command);
        Assert.Equal(RefusalCode.Declined, outcome.Refusal!.Code);
    }

    [Fact]
    public async Task Who_reads_from_a_visitor_is_told_when_the_link_is_lost()
    {
        HubNode a = Node("a", "127.0.0.11").Start();
        HubNode b = Node("b", "127.0.0.12").Start();
        var server = new RecordingVisitors(Groups);
        a.Hub.Serve(LinkPurpose.Command, new RecordingVisitors(Groups));
        b.Hub.Serve(LinkPurpose.Command, server);
        VisitOutcome outcome = await a.Links.VisitAsync(b.Links.Address!.Value, LinkPurpose.Command);
        LinkStream there = await server.Stream;
        Task<int> reading = there.ReadAsync(new byte[10]).AsTask();
        outcome.Link!.Close("lost");
        Assert.Equal(0, await reading.WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task A_visitor_speaks_with_who_serves_him_alone_and_both_streams_hold_any_length()
    {
        HubNode a = Node("a", "127.0.0.11").Start();
        HubNode b = Node("b", "127.0.0.12");
        var part = new RecordingUser("groups", b.Told);
        b.Hub.Register(Groups, part);
        b.Start();
        var dialer = new RecordingVisitors(Groups);
        var server = new RecordingVisitors(Groups);
        a.Hub.Serve(LinkPurpose.Command, dialer);
        b.Hub.Serve(LinkPurpose.Command, server);
        VisitOutcome outcome = await a.Links.VisitAsync(b.Links.Address!.Value, LinkPurpose.Command);
        Assert.NotNull(outcome.Link);
        LinkStream here = await dialer.Stream;
        LinkStream there = await server.Stream;
        byte[] sent = new byte[20 * 1024 * 1024];
        new Random(1).NextBytes(sent);
        // More than window and queue hold: the writer waits for the reader.
        Task writing = there.WriteAsync(sent).AsTask();
        Task ending = writing.ContinueWith(_ => there.FinishAsync(TimeProvider.System), TaskScheduler.Default).Unwrap();
        byte[] got = new byte[sent.Length];
        await here.ReadExactlyAsync(got);
        Assert.True(sent.AsSpan().SequenceEqual(got));
        Assert.Equal(0, await here.ReadAsync(new byte[1]));
        await here.DisposeAsync();
        await ending;
        await Eventually.True(() => server.Downs == 1 && dialer.Downs == 1);
        await Assert.ThrowsAsync<IOException>(async () => await there.WriteAsync(new byte[1]));
        Assert.Equal(0, part.Frames);
        Assert.Empty(b.Told);
    }

    [Fact]
    public async Task Retired_links_take_nobody_and_serve_visitors_to_their_end()
    {
        HubNode a = Node("a", "127.0.0.11");
        HubNode b = Node("b", "127.0.0.12");
        var visitors = new RecordingVisitors(Groups);
        b.Hub.Serve(LinkPurpose.Command, visitors);
        a.Hub.Serve(LinkPurpose.Command, new RecordingVisitors(Groups));
        await LinkAsync(a, b);
        VisitOutcome outcome = await a.Links.VisitAsync(b.Links.Address!.Value, LinkPurpose.Command);
        LinkStream there = await visitors.Stream;
        await b.Links.RetireAsync();
        Assert.False(b.Hub.IsUp(a.Id));
        Assert.Contains("host down a", b.Told);
        Task idle = b.Links.IdleAsync();
        Assert.False(idle.IsCompleted);
        Assert.True(outcome.Link!.TrySend(LinkClass.Control, Groups, [1, 2]));
        byte[] got = new byte[2];
        await there.ReadExactlyAsync(got);
        outcome.Link.Close("done");
        await idle.WaitAsync(Eventually.Patience);
    }

    private HubNode Node(string name, string address, long boot = 5)
    {
        var node = new HubNode(name, address, boot: boot);
        _nodes.Add(node);
        return node;
    }

    private static async Task LinkAsync(HubNode a, HubNode b)
    {
        a.Start();
        b.Start();
        a.Links.AddPeer(b.Known);
        b.Links.AddPeer(a.Known);
        await Eventually.True(() => a.Hub.IsUp(b.Id) && b.Hub.IsUp(a.Id));
        await Eventually.True(() => a.Told.Contains("host up b") && b.Told.Contains("host up a"));
    }
}
