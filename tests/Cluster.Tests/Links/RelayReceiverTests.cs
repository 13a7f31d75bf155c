using Warren.Cluster.Links;
using Xunit;

namespace Warren.Cluster.Tests.Links;

/// <summary>What the target of relayed streams takes.</summary>
public sealed class RelayReceiverTests
{
    private readonly RelayReceiver _receiver = new();
    private readonly List<ushort> _taken = [];

    [Fact]
    public void A_stream_is_taken_from_its_first_frame_on()
    {
        Assert.True(Take(stream: 4, number: 1));
        Assert.True(Take(stream: 4, number: 2));
        Assert.Equal([1, 2], _taken);
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 3)]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public void Nothing_comes_twice_behind_a_gap_or_of_an_older_stream(long stream, long number)
    {
        Take(stream: 4, number: 1);
        Assert.False(Take(stream, number));
        Assert.Equal([1], _taken);
    }

    [Fact]
    public void Behind_a_gap_nothing_of_the_stream_is_taken_and_the_next_stream_is()
    {
        Take(stream: 4, number: 1);
        Take(stream: 4, number: 3);
        Assert.False(Take(stream: 4, number: 2));
        Assert.False(Take(stream: 4, number: 4));
        Assert.True(Take(stream: 5, number: 1));
    }

    [Fact]
    public void A_frame_that_comes_twice_does_not_end_its_stream()
    {
        Take(stream: 4, number: 1);
        Take(stream: 4, number: 2);
        Assert.False(Take(stream: 4, number: 2));
        Assert.True(Take(stream: 4, number: 3));
    }

    [Fact]
    public void Nothing_is_taken_beside_a_direct_link()
    {
        _receiver.SetDirect(true);
        Assert.False(Take(stream: 4, number: 1));
        _receiver.SetDirect(false);
        Assert.True(Take(stream: 5, number: 1));
    }

    [Fact]
    public void What_is_older_than_the_direct_link_is_refused_also_when_that_is_gone()
    {
        Take(stream: 4, number: 1);
        _receiver.SetDirect(true);
        _receiver.SetOldest(boot: 5, stream: 6);
        _receiver.SetDirect(false);
        Assert.False(Take(stream: 4, number: 2));
        Assert.False(Take(stream: 6, number: 1));
        Assert.True(Take(stream: 7, number: 1));
    }

    [Fact]
    public void A_restarted_sender_begins_anew_and_its_former_process_is_refused()
    {
        Take(stream: 9, number: 1, boot: 5);
        Assert.True(Take(stream: 1, number: 1, boot: 6));
        Assert.False(Take(stream: 9, number: 2, boot: 5));
        _receiver.SetOldest(boot: 5, stream: 100);
        Assert.True(Take(stream: 1, number: 2, boot: 6));
    }

    private bool Take(long stream, long number, long boot = 5) => _receiver.TryTake(
        new RelayHeader(NodeId.None, NodeId.None, boot, stream, number, 0),
        (in PeerFrame frame) => _taken.Add(frame.Kind),
        new PeerFrame
        {
            From = NodeId.None,
            Link = null!,
            Class = LinkClass.Control,
            Kind = (ushort)number,
            Body = [],
            Credit = default,
        });
}
