using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>Whole nodes over a simulated network, on one thread.</summary>
public sealed class PeerLinksTests
{
    private const ushort Kind = 7;

    private readonly SimulatedWorld _world = new();

    [Fact]
    public void Two_nodes_that_dial_each_other_have_one_link_and_frames_go_both_ways()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        Assert.True(a.LinkTo(b).TrySend(LinkClass.Publishes, Kind, "one"u8));
        Assert.True(a.LinkTo(b).TrySend(LinkClass.Publishes, Kind, "two"u8));
        Assert.True(b.LinkTo(a).TrySend(LinkClass.Control, Kind, "three"u8));
        _world.Advance(50);
        Assert.Equal(["a: one", "a: two"], b.Frames);
        Assert.Equal(["b: three"], a.Frames);
        Assert.Equal(["up b"], a.Events);
        Assert.Equal(["up a"], b.Events);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 35)]
    [InlineData(35, 0)]
    [InlineData(80, 80)]
    [InlineData(10, 200)]
    [InlineData(200, 10)]
    public void Nodes_at_any_distance_settle_on_one_link_without_losing_it(int there, int back)
    {
        _world.Network.Way("a", "b").DelayTicks = TimeSpan.FromMilliseconds(there).Ticks;
        _world.Network.Way("b", "a").DelayTicks = TimeSpan.FromMilliseconds(back).Ticks;
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        _world.Advance(10_000);
        Assert.Equal(["up b"], a.Events);
        Assert.Equal(["up a"], b.Events);
        Assert.Empty(a.Refusals);
        Assert.Empty(b.Refusals);
    }

    [Fact]
    public void One_side_that_dials_is_enough()
    {
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start("b");
        SimulatedWorld.Know(a, b, withIdentity: false);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
        Assert.Equal(b.Identity.NodeId, Assert.Single(a.Links.Status()).Id);
    }

    [Fact]
    public void A_cut_link_is_down_at_once_and_comes_back()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        _world.Network.Cut("a", "b");
        _world.Advance(10);
        Assert.Equal(2, a.Events.Count);
        Assert.Equal(2, b.Events.Count);
        Assert.StartsWith("down b: ", a.Events[1], StringComparison.Ordinal);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a), 1000);
        a.LinkTo(b).TrySend(LinkClass.Control, Kind, "again"u8);
        _world.Advance(50);
        Assert.Equal(["a: again"], b.Frames);
    }

    [Fact]
    public void A_silent_peer_is_down_after_a_second_on_both_sides_and_the_reason_says_so()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        _world.Network.Part("a", "b");
        _world.Advance(900);
        Assert.True(a.IsUp(b) && b.IsUp(a));
        PeerLink link = a.LinkTo(b);
        _world.Advance(400);
        Assert.Equal(LinkEnd.Silent, link.End);
        Assert.Equal("down b: nothing was heard from rabbit@b for 1000 ms", a.Events[^1]);
        Assert.Equal("down a: nothing was heard from rabbit@a for 1000 ms", b.Events[^1]);
        Assert.Equal("nothing was heard from rabbit@b for 1000 ms", a.Links.Status()[0].Reason);
        _world.Network.Join("a", "b");
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
    }

    [Fact]
    public void A_line_that_works_one_way_is_down_on_both_sides()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        _world.Network.Block("a", "b");
        _world.Advance(1500);
        Assert.Equal("down a: nothing was heard from rabbit@a for 1000 ms", b.Events[^1]);
        Assert.StartsWith("down b: ", a.Events[^1], StringComparison.Ordinal);
        _world.Advance(30_000);
        Assert.False(a.IsUp(b) || b.IsUp(a));
        _world.Network.Unblock("a", "b");
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
    }

    [Fact]
    public void A_peer_that_hears_nothing_and_does_not_mind_is_seen_by_the_side_that_hears_it()
    {
        var patient = new LinkOptions { SilenceTimeout = TimeSpan.FromSeconds(4) };
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start("b", options: patient);
        SimulatedWorld.Know(a, b);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
        _world.Network.Block("a", "b");
        _world.AdvanceUntil(() => !a.IsUp(b), 2000);
        Assert.Equal("down b: rabbit@b is heard, but does not hear this node", a.Events[^1]);
    }

    [Fact]
    public void A_node_that_stood_still_does_not_suspect_the_others()
    {
        var patient = new LinkOptions { SilenceTimeout = TimeSpan.FromSeconds(3) };
        var time = new SuspendableTime(_world.Time);
        SimulatedNode a = _world.Start("a", time: time);
        SimulatedNode b = _world.Start("b", options: patient);
        SimulatedWorld.Know(a, b);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
        time.Suspend();
        _world.Network.Block("b", "a");
        _world.Advance(2000);
        time.Resume();
        _world.Network.Unblock("b", "a");
        _world.Advance(2000);
        Assert.Equal(["up b"], a.Events);
        Assert.Equal(["up a"], b.Events);
    }

    [Fact]
    public void A_frame_that_waited_for_a_node_that_stood_still_tells_how_old_it_may_be()
    {
        var patient = new LinkOptions { SilenceTimeout = TimeSpan.FromSeconds(3) };
        var time = new SuspendableTime(_world.Time);
        SimulatedNode a = _world.Start("a", time: time);
        SimulatedNode b = _world.Start("b", options: patient);
        SimulatedWorld.Know(a, b);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
        _world.Advance(5000);
        b.LinkTo(a).TrySend(LinkClass.Control, Kind, "in time"u8);
        _world.Advance(50);
        Assert.Equal(("b: in time", TimeSpan.Zero), (a.Frames[^1], a.LostFor));
        time.Suspend();
        _world.Network.Block("b", "a");
        b.LinkTo(a).TrySend(LinkClass.Control, Kind, "late"u8);
        _world.Advance(2500);
        time.Resume();
        _world.Network.Unblock("b", "a");
        _world.Advance(10);
        // Since a second after what b had said to have heard, which it says every 600 ms.
        Assert.Equal("b: late", a.Frames[^1]);
        Assert.InRange(a.LostFor.TotalMilliseconds, 1500, 2500);
        _world.Advance(1000);
        b.LinkTo(a).TrySend(LinkClass.Control, Kind, "in time again"u8);
        _world.Advance(50);
        Assert.Equal(("b: in time again", TimeSpan.Zero), (a.Frames[^1], a.LostFor));
    }

    [Fact]
    public void A_node_that_comes_back_takes_the_place_of_its_dead_link_at_once()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        SimulatedNode back = _world.Start("c", SimulatedWorld.Identity("b", boot: 6));
        SimulatedWorld.Know(back, a);
        _world.AdvanceUntil(() => back.IsUp(a) && a.Events.Count == 3, 500);
        Assert.Equal("down b: the peer began another link", a.Events[1]);
        Assert.Equal("up b", a.Events[2]);
        // And the old process is refused from now on: its boot is behind.
        _world.AdvanceUntil(() => b.Refusals.Count > 0);
        Assert.Equal(RefusalCode.WentBack, b.Refusals[0].Code);
    }

    [Fact]
    public void A_refusal_is_in_the_status_of_both_and_told_once()
    {
        SimulatedNode a = _world.Start("a", cookie: "ONE");
        SimulatedNode b = _world.Start("b", cookie: "TWO");
        SimulatedWorld.Introduce(a, b);
        _world.Advance(30_000);
        Assert.Equal(RefusalText.WrongCookie.Sentence, a.Links.Status()[0].Reason);
        Assert.Equal(RefusalText.WrongCookie.Sentence, b.Links.Status()[0].Reason);
        Assert.Equal(RefusalCode.WrongCookie, a.Links.Status()[0].Refusal);
        Assert.All(a.Refusals, refusal => Assert.Equal(RefusalText.WrongCookie, refusal));
        // A person has to mend it: it is tried seldom, a dozen times each in half a minute.
        Assert.InRange(_world.Network.Connections, 8, 30);
    }

    [Fact]
    public void What_the_owner_decides_is_told_to_both()
    {
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start("b");
        b.Decision = (peer, _) => RefusalText.Forgotten(peer);
        SimulatedWorld.Know(a, b);
        _world.AdvanceUntil(() => a.Refusals.Count > 0 && b.Refusals.Count > 0);
        Assert.Equal(RefusalText.Forgotten(a.Identity), a.Refusals[0]);
        Assert.Equal(RefusalText.Forgotten(a.Identity), b.Refusals[0]);
    }

    [Fact]
    public void Another_node_at_the_dialed_address_is_named()
    {
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start("b", SimulatedWorld.Identity("x"));
        a.Links.AddPeer(new KnownPeer
        {
            Name = SimulatedWorld.Identity("b").Name,
            Address = new PeerAddress("b", 25672),
        });
        _world.AdvanceUntil(() => a.Refusals.Count > 0);
        Assert.Equal(
            "rabbit@b was dialed, rabbit@x answers there: see the name's address and the peer port",
            a.Refusals[0].Sentence);
        Assert.Equal(a.Refusals[0], Assert.Single(b.Refusals));
    }

    [Fact]
    public void A_wrong_clock_is_reported_and_changes_nothing()
    {
        var time = new SuspendableTime(_world.Time) { ClockError = TimeSpan.FromHours(3) };
        SimulatedNode a = _world.Start("a", time: time);
        SimulatedNode b = _world.Start("b");
        SimulatedWorld.Introduce(a, b);
        _world.Advance(20_000);
        Assert.Equal(["up b"], a.Events);
        Assert.Equal(-3, a.Links.Status()[0].ClockAhead!.Value.TotalHours, 2);
        Assert.Equal(3, b.Links.Status()[0].ClockAhead!.Value.TotalHours, 2);
        long shown = b.Heartbeats[a.Identity.NodeId].WallClockMs;
        Assert.InRange(time.GetUtcNow().ToUnixTimeMilliseconds() - shown, 0, 1000);
    }

    [Fact]
    public void A_clock_that_is_set_while_the_link_is_up_is_reported()
    {
        var time = new SuspendableTime(_world.Time);
        SimulatedNode a = _world.Start("a", time: time);
        SimulatedNode b = _world.Start("b");
        SimulatedWorld.Introduce(a, b);
        _world.Advance(20_000);
        foreach (int hours in (int[])[3, -3])
        {
            time.ClockError = TimeSpan.FromHours(hours);
            _world.Advance(5_000);
            Assert.Equal(-hours, a.Links.Status()[0].ClockAhead!.Value.TotalHours, 2);
            Assert.Equal(hours, b.Links.Status()[0].ClockAhead!.Value.TotalHours, 2);
        }
        Assert.Equal(["up b"], a.Events);
    }

    [Fact]
    public void A_word_that_was_long_on_its_way_says_nothing_of_a_clock()
    {
        var clock = new ClockDifference();
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddDays(1);
        Assert.Null(clock.Ahead);
        clock.Begin(now.ToUnixTimeMilliseconds(), now);
        clock.Note(now.ToUnixTimeMilliseconds(), now.AddSeconds(8));
        Assert.Equal(TimeSpan.Zero, clock.Ahead);
        clock.Note(0, now);
        Assert.Equal(TimeSpan.Zero, clock.Ahead);
        clock.Begin(now.ToUnixTimeMilliseconds(), now.AddSeconds(8));
        Assert.Equal(TimeSpan.FromSeconds(-8), clock.Ahead);
    }

    [Fact]
    public void Heartbeats_say_how_the_node_is()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        a.State = new LocalState(12, 345, TimeSpan.FromMilliseconds(678));
        _world.Advance(500);
        PeerHeartbeat heartbeat = b.Heartbeats[a.Identity.NodeId];
        Assert.Equal((5L, 12L, 345L, 678), (heartbeat.Boot, heartbeat.LeadershipEpoch, heartbeat.DurableLsn,
            heartbeat.SyncAgeMs));
        Assert.Equal(new PeerRecord(5, a.Identity.Process, 345), b.Links.Status()[0].Seen);
    }

    [Fact]
    public void A_handshake_that_dawdles_is_ended()
    {
        SimulatedNode b = _world.Start("b");
        SimulatedStream stranger = _world.Network.Dial("z", "b");
        stranger.WriteAsync(HandshakeStream.Magic.ToArray()).AsTask();
        for (int count = 0; count < 12; count++)
        {
            stranger.WriteAsync(new byte[] { 1 }).AsTask();
            _world.Advance(500);
        }
        Assert.Equal(RefusalCode.TimedOut, Assert.Single(b.Refusals).Code);
        Assert.False(stranger.WriteAsync(new byte[] { 1 }).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public void Strangers_fill_neither_the_table_nor_the_log_nor_lock_out_others()
    {
        SimulatedNode b = _world.Start("b");
        for (int count = 0; count < 1000; count++)
            _world.Network.Dial("z", "b");
        SimulatedNode a = _world.Start("a");
        SimulatedWorld.Know(a, b);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a), 500);
        Assert.InRange(b.Refusals.Count, 1, 10);
    }

    [Fact]
    public void A_node_that_stops_says_so()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        Stop(a);
        Assert.Equal("down b: the node stops", a.Events[^1]);
        Assert.Equal("down a: rabbit@a ended the link: the node stops", b.Events[^1]);
    }

    [Fact]
    public void A_peer_that_does_not_read_does_not_hold_up_a_stop()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        _world.Network.Block("a", "b");
        while (a.LinkTo(b).TrySend(LinkClass.Bulk, Kind, new byte[PeerLink.MostBodyBytes]))
        {
        }
        _world.Turns.Run();
        Stop(a);
    }

    [Fact]
    public void A_dial_that_nobody_answers_does_not_hold_up_a_stop()
    {
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start("b");
        _world.Network.Part("a", "b");
        SimulatedWorld.Know(a, b);
        _world.Advance(500);
        Task stopping = a.Links.DisposeAsync().AsTask();
        _world.Turns.Run();
        Assert.True(stopping.IsCompletedSuccessfully);
        Assert.Empty(a.Refusals);
    }

    [Fact]
    public void A_removed_peer_is_told_and_dialed_no_more()
    {
        (SimulatedNode a, SimulatedNode b) = StartTwo();
        a.Decision = (peer, _) => RefusalText.Forgotten(peer);
        a.Links.RemovePeer(b.Identity.Name, "rabbit@b was removed from the cluster");
        _world.Advance(20_000);
        Assert.Equal("down a: rabbit@a ended the link: rabbit@b was removed from the cluster", b.Events[^1]);
        Assert.Equal(RefusalCode.Forgotten, b.Links.Status()[0].Refusal);
        Assert.Empty(a.Links.Status());
    }

    [Fact]
    public void A_visitor_has_a_link_of_its_own_beside_the_peers()
    {
        SimulatedNode a = _world.Start("a", SimulatedWorld.Identity("a") with { ClusterId = Guid.Empty });
        SimulatedNode b = _world.Start("b");
        LinkPurpose? asked = null;
        b.Decision = (_, purpose) =>
        {
            asked = purpose;
            return null;
        };
        Task<VisitOutcome> visiting = a.Links.VisitAsync(new PeerAddress("b", 25672), LinkPurpose.Join);
        _world.AdvanceUntil(() => visiting.IsCompleted && b.IsUp(a));
        a.LinkTo(b).TrySend(LinkClass.Control, Kind, "may I"u8);
        _world.Advance(2000);
        Assert.Equal(LinkPurpose.Join, asked);
        Assert.Equal(["a: may I"], b.Frames);
        Assert.Empty(b.Links.Status());
        a.LinkTo(b).Close("done");
        _world.Advance(50);
        Assert.Equal("down a: rabbit@a ended the link: done", b.Events[^1]);
    }

    /// <summary>It has proved its generation, whatever it refuses the link for.</summary>
    [Fact]
    public void Who_dials_one_of_a_later_generation_hears_of_it_although_its_broker_does_not_run()
    {
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start(
            "b", SimulatedWorld.Identity("b") with { Generation = 2 },
            declines: new Refusal(RefusalCode.Stopping, "the broker does not run"));
        SimulatedWorld.Know(a, b);
        _world.AdvanceUntil(() => a.Refusals.Count > 0);
        Assert.Equal(RefusalCode.Stopping, a.Refusals[0].Code);
        Assert.Equal("b", a.Later[0]);
        Assert.Empty(b.Later);
    }

    private (SimulatedNode A, SimulatedNode B) StartTwo()
    {
        SimulatedNode a = _world.Start("a");
        SimulatedNode b = _world.Start("b");
        SimulatedWorld.Introduce(a, b);
        _world.AdvanceUntil(() => a.IsUp(b) && b.IsUp(a));
        return (a, b);
    }

    private void Stop(SimulatedNode node)
    {
        Task stopping = node.Links.DisposeAsync().AsTask();
        _world.AdvanceUntil(() => stopping.IsCompleted, 2000);
    }
}
