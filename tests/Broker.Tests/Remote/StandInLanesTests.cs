using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What a stand-in says when its link is back.</summary>
public sealed class StandInLanesTests : ILine, IDisposable
{
    private readonly PeeredBroker _peered;
    private readonly StandInLanes _lanes;
    private readonly List<ushort> _sent = [];

    public StandInLanesTests()
    {
        _peered = new PeeredBroker(ThreadPoolTurns.Instance, new ManualTime(), (_, kind, _) =>
        {
            _sent.Add(kind);
            return true;
        });
        _lanes = new StandInLanes(_peered.Peer);
        _lanes.Begin(5);
        _lanes.Posts.Add(8);
        _sent.Clear();
    }

    public void Dispose() => _peered.Dispose();

    void ILine.Signal(LineSignal signal, long process)
    {
    }

    [Fact]
    public void A_line_that_the_home_may_not_know_begins_before_anything_that_overtakes()
    {
        _lanes.Send(1, this);
        // That was lost with the link.
        _lanes.Rewind();
        _lanes.Send(1, this);
        Assert.Equal([LineFrame.Posts, LineFrame.Posts], _sent);
    }

    [Fact]
    public void Of_a_line_that_it_knows_the_home_is_told_how_far_it_has_come()
    {
        _lanes.Send(1, this);
        byte[] receipt = new byte[LineFrame.ReceiptBytes];
        LineFrame.WriteReceipt(receipt, 1, 5, first: 0, second: 0, window: 0);
        var reader = new LineReader(receipt, LineFrame.AddressBytes);
        _lanes.TakeReceipt(ref reader);
        _lanes.Rewind();
        _sent.Clear();
        _lanes.Send(1, this);
        Assert.Equal([LineFrame.Posts, LineFrame.Receipt], _sent);
    }

    [Fact]
    public void A_line_that_is_over_is_ended_once()
    {
        _lanes.End();
        _lanes.OweEnd(5);
        _lanes.Send(1, this);
        _lanes.Send(1, this);
        Assert.Equal([LineFrame.Ended], _sent);
    }
}
