using Warren.Broker.Queues.Remote;
using Warren.Cluster.Links;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Who hears that a link has room again.</summary>
public sealed class LinePeerTests : IDisposable
{
    private readonly VisitedNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Room_is_told_once_to_those_that_wait_for_it()
    {
        Line waiting = Attached();
        Line idle = Attached();
        Line ofOtherClass = Attached();
        _node.Peer.AwaitRoom(LinkClass.Publishes, waiting);
        _node.Peer.AwaitRoom(LinkClass.Publishes, waiting);
        _node.Peer.AwaitRoom(LinkClass.Deliveries, ofOtherClass);
        _node.Peer.RoomAgain(LinkClass.Publishes);
        _node.Peer.RoomAgain(LinkClass.Publishes);
        Assert.Equal((1, 0, 0), (waiting.Rooms, idle.Rooms, ofOtherClass.Rooms));
    }

    private Line Attached()
    {
        var line = new Line();
        _node.Peer.Attach(line);
        return line;
    }

    private sealed class Line : ILine
    {
        public int Rooms { get; private set; }

        public void Signal(LineSignal signal, long process) => Rooms += signal == LineSignal.Room ? 1 : 0;
    }
}
