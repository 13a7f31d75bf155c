using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>Credit and bounds between two whole nodes.</summary>
public sealed class PeerLinkFlowTests
{
    private const ushort Kind = 7;

    private static readonly LinkOptions Options = new();

    private readonly SimulatedWorld _world = new();
    private readonly SimulatedNode _a;
    private readonly SimulatedNode _b;
    private readonly PeerLink _link;

    public PeerLinkFlowTests()
    {
        _a = _world.Start("a");
        _b = _world.Start("b");
        SimulatedWorld.Introduce(_a, _b);
        _world.AdvanceUntil(() => _a.IsUp(_b) && _b.IsUp(_a));
        _link = _a.LinkTo(_b);
    }

    [Fact]
    public void A_receiver_that_does_not_consume_bounds_both_sides_and_other_classes_go_on()
    {
        _b.Held.Add(LinkClass.Publishes);
        byte[] piece = new byte[PeerLink.MostBodyBytes];
        int frameBytes = piece.Length + LinkFrame.HeaderBytes;
        int sent = 0;
        for (int round = 0; round < 20; round++)
        {
            while (_link.TrySend(LinkClass.Publishes, Kind, piece))
                sent++;
            _world.Advance(100);
        }
        int received = _b.Frames.Count;
        int rooms = _a.Rooms.Count;
        Assert.Equal(Options.WindowBytes / frameBytes, received);
        Assert.Equal(Options.QueueBytes / frameBytes, sent - received);
        foreach (LinkClass linkClass in Enum.GetValues<LinkClass>().Skip(1).Where(c => c != LinkClass.Publishes))
        {
            Assert.True(_link.TrySend(linkClass, Kind, "goes on"u8));
            _world.Advance(50);
            Assert.Equal("a: goes on", _b.Frames[^1]);
        }
        Assert.True(_a.IsUp(_b));
        // Once it consumes, everything that was queued arrives, and the sender hears of room.
        _b.Held.Clear();
        foreach (FrameCredit credit in _b.HeldCredit)
            credit.Return();
        _world.Advance(1000);
        Assert.Equal(sent + 4, _b.Frames.Count);
        Assert.Equal(rooms + 1, _a.Rooms.Count);
        Assert.All(_a.Rooms, room => Assert.Equal(LinkClass.Publishes, room));
    }

    [Fact]
    public void A_transfer_that_never_ends_does_not_make_a_peer_silent()
    {
        byte[] piece = new byte[PeerLink.MostBodyBytes];
        for (int round = 0; round < 200; round++)
        {
            while (_link.TrySend(LinkClass.Bulk, Kind, piece))
            {
            }
            _world.Advance(10);
        }
        Assert.Equal(["up b"], _a.Events);
        Assert.Equal(["up a"], _b.Events);
        Assert.InRange(_b.Heartbeats[_a.Identity.NodeId].Number, 8, 20);
    }

    [Fact]
    public void A_peer_that_sends_without_credit_is_told_and_left()
    {
        // Taken for granted by a sender that does not count: what a's writer would never do.
        byte[] piece = new byte[PeerLink.MostBodyBytes];
        _b.Held.Add(LinkClass.Bulk);
        _link.ForgeCredit(LinkClass.Bulk, long.MaxValue / 2);
        for (int round = 0; round < 100 && _a.IsUp(_b); round++)
        {
            _link.TrySend(LinkClass.Bulk, Kind, piece);
            _world.Advance(10);
        }
        Assert.Equal("down a: rabbit@a sent more than it had credit for", _b.Events[1]);
        Assert.Equal("down b: rabbit@b ended the link: rabbit@a sent more than it had credit for", _a.Events[1]);
    }

    [Fact]
    public void An_owner_that_fails_ends_the_link_and_no_other()
    {
        _b.FailsOnFrame = true;
        _link.TrySend(LinkClass.Control, Kind, "bang"u8);
        _world.Advance(100);
        Assert.Equal("down a: this node failed while it handled a frame: bang", _b.Events[1]);
    }

    [Theory]
    [InlineData(LinkClass.Link, 1, 0)]
    [InlineData(LinkClass.Control, 0xFF01, 0)]
    [InlineData(LinkClass.Bulk, 1, LinkFrame.MostBodyBytes + 1)]
    public void What_an_owner_must_not_send_is_refused(LinkClass linkClass, ushort kind, int bodyBytes) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _link.TrySend(linkClass, kind, new byte[bodyBytes]));

    [Fact]
    public void A_frame_of_the_greatest_size_arrives()
    {
        Assert.True(_link.TrySend(LinkClass.Control, Kind, new byte[PeerLink.MostBodyBytes]));
        _world.Advance(50);
        Assert.Single(_b.Frames);
    }
}
