using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>Frames that go around a missing link: in order, none twice, whatever happens to the ways.</summary>
public sealed class RelayTests
{
    private const ushort Kind = 7;

    private readonly SimulatedWorld _world = new();
    private readonly SimulatedNode _a;
    private readonly SimulatedNode _b;
    private readonly SimulatedNode _c;

    public RelayTests()
    {
        _a = _world.Start("a");
        _b = _world.Start("b");
        _c = _world.Start("c");
        SimulatedWorld.Introduce(_a, _b);
        SimulatedWorld.Introduce(_b, _c);
        SimulatedWorld.Introduce(_a, _c);
        _world.AdvanceUntil(() => IsMesh(_a, _b, _c));
        _world.Advance(500);
    }

    [Fact]
    public void Pairs_that_do_not_reach_each_other_are_seen_by_everybody()
    {
        Assert.Empty(_b.Links.UnreachablePairs());
        _world.Network.Part("a", "c");
        _world.Advance(2000);
        foreach (SimulatedNode node in new[] { _a, _b, _c })
            Assert.Equal((_a.Identity.Name, _c.Identity.Name), Assert.Single(node.Links.UnreachablePairs()));
        _world.Network.Join("a", "c");
        _world.AdvanceUntil(() => _b.Links.UnreachablePairs().Count == 0);
    }

    [Fact]
    public void A_command_reaches_a_node_by_one_that_reaches_both()
    {
        PartAAndC();
        Assert.True(Send(_a, _c, "one"));
        Assert.True(Send(_a, _c, "two"));
        Assert.True(Send(_c, _a, "three"));
        _world.Advance(50);
        Assert.Equal(["a by b: one", "a by b: two"], _c.Frames);
        Assert.Equal(["c by b: three"], _a.Frames);
        Assert.Empty(_b.Frames);
    }

    [Fact]
    public void Nobody_reaches_a_node_that_nobody_reaches()
    {
        _world.Network.Part("a", "c");
        _world.Network.Part("b", "c");
        _world.Advance(2000);
        Assert.False(Send(_a, _c, "one"));
        Assert.False(_a.Links.TrySendControl(new NodeId(Guid.NewGuid()), Kind, "to nobody"u8));
    }

    [Fact]
    public void What_was_relayed_before_a_direct_link_does_not_come_after_what_was_sent_by_it()
    {
        PartAAndC();
        // The relay's way is slow: the direct link is there before the frame is.
        _world.Network.Block("b", "c");
        Assert.True(Send(_a, _c, "late"));
        _world.Advance(20);
        _world.Network.Join("a", "c");
        _world.AdvanceUntil(() => _a.IsUp(_c) && _c.IsUp(_a), 900);
        Assert.True(Send(_a, _c, "direct"));
        _world.Advance(50);
        // Even when the direct link is gone again.
        _world.Network.Cut("a", "c");
        _world.Network.Part("a", "c");
        _world.Advance(20);
        _world.Network.Unblock("b", "c");
        _world.AdvanceUntil(() => IsMesh(_b, _c));
        _world.Advance(100);
        Assert.Equal(["a: direct"], _c.Frames);
        // The sender learns that the stream is over and begins another.
        _world.AdvanceUntil(() => Send(_a, _c, "again") && _c.Frames.Count > 1, 3000);
        Assert.Equal("a by b: again", _c.Frames[1]);
    }

    [Fact]
    public void A_relay_that_loses_the_target_breaks_the_stream_and_the_next_one_begins_whole()
    {
        PartAAndC();
        Assert.True(Send(_a, _c, "1"));
        _world.Advance(50);
        _world.Network.Cut("b", "c");
        _world.Network.Part("b", "c");
        _world.Advance(10);
        // b does not reach c now; what a sends until it knows is lost, and c never sees a gap.
        Send(_a, _c, "2");
        Send(_a, _c, "3");
        _world.Network.Join("b", "c");
        _world.AdvanceUntil(() => IsMesh(_b, _c));
        _world.Advance(300);
        Assert.True(Send(_a, _c, "4"));
        Assert.True(Send(_a, _c, "5"));
        _world.Advance(100);
        Assert.Equal(["a by b: 1", "a by b: 4", "a by b: 5"], _c.Frames);
    }

    [Fact]
    public void A_node_that_speaks_for_another_is_not_relayed()
    {
        // c would take a stream from d, which it knows and has no link with.
        SimulatedNode d = _world.Start("d");
        foreach (SimulatedNode node in new[] { _a, _b, _c })
            SimulatedWorld.Introduce(node, d);
        _world.Network.Part("c", "d");
        PartAAndC();
        byte[] forged = new byte[RelayHeader.SizeBytes];
        new RelayHeader(_c.Identity.NodeId, d.Identity.NodeId, 5, 1, 1, Kind).Write(forged);
        Assert.True(_a.LinkTo(_b).TrySendAny(LinkClass.Control, LinkKind.Relayed, forged));
        _world.Advance(50);
        Assert.Empty(_c.Frames);
        // What d says itself is taken.
        Assert.True(d.LinkTo(_b).TrySendAny(LinkClass.Control, LinkKind.Relayed, forged));
        _world.Advance(50);
        Assert.Equal(["d by b: "], _c.Frames);
    }

    [Fact]
    public void Nothing_is_taken_from_a_removed_node_through_those_who_do_not_know_yet()
    {
        PartAAndC();
        _c.Links.RemovePeer(_a.Identity.Name, "removed");
        Assert.True(Send(_a, _c, "1"));
        _world.Advance(50);
        Assert.Empty(_c.Frames);
    }

    /// <summary>
    /// Ways are parted, joined, cut and slowed at random while everybody sends numbered commands to everybody: what
    /// arrives of one sender rises, whatever ways it took.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Numbers_rise_whatever_happens_to_the_ways(int seed)
    {
        var random = new Random(seed);
        SimulatedNode d = _world.Start("d");
        SimulatedNode[] nodes = [_a, _b, _c, d];
        foreach (SimulatedNode node in new[] { _a, _b, _c })
            SimulatedWorld.Introduce(node, d);
        int number = 1000;
        for (int step = 0; step < 3000; step++)
        {
            (string one, string other) = (Host(random), Host(random));
            switch (random.Next(120))
            {
                case 0 when one != other:
                    _world.Network.Part(one, other);
                    break;
                case 1 or 2:
                    _world.Network.Cut(one, other);
                    break;
                case 3:
                    _world.Network.Block(one, other);
                    break;
                case 4:
                    _world.Network.Way(one, other).DelayTicks = TimeSpan.FromMilliseconds(random.Next(150)).Ticks;
                    break;
                case < 12:
                    _world.Network.Join(one, other);
                    break;
            }
            SimulatedNode from = nodes[random.Next(4)];
            SimulatedNode to = nodes[random.Next(4)];
            if (from != to)
                Send(from, to, $"{number++}");
            _world.Advance(10);
        }
        foreach (SimulatedNode node in nodes)
        {
            foreach (IGrouping<char, string> sender in node.Frames.GroupBy(frame => frame[0]))
            {
                int[] numbers = [.. sender.Select(frame => int.Parse(frame[^4..], null))];
                Assert.Equal(numbers.Order().Distinct(), numbers);
            }
        }
        List<string> all = [.. nodes.SelectMany(node => node.Frames)];
        Assert.InRange(all.Count(frame => frame.Contains(" by ", StringComparison.Ordinal)), 30, int.MaxValue);
        Assert.InRange(all.Count, number / 4, int.MaxValue);
    }

    private static string Host(Random random) => "abcd"[random.Next(4)].ToString();

    private static bool IsMesh(params SimulatedNode[] nodes) =>
        nodes.All(one => nodes.All(other => one == other || one.IsUp(other)));

    private static bool Send(SimulatedNode from, SimulatedNode to, string text) =>
        from.Links.TrySendControl(to.Identity.NodeId, Kind, System.Text.Encoding.ASCII.GetBytes(text));

    private void PartAAndC()
    {
        _world.Network.Part("a", "c");
        _world.Advance(2000);
        Assert.False(_a.IsUp(_c) || _c.IsUp(_a));
    }
}
