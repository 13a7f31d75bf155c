using Warren.Broker.Durability;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Turns;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>What a stand-in says when its link is back.</summary>
public sealed class StandInLanesTests : IPeers, IStorageWatcher, ILine, IDisposable
{
    private readonly MessageBroker _broker;
    private readonly StandInLanes _lanes;
    private readonly List<ushort> _sent = [];

    public StandInLanesTests()
    {
        _broker = new MessageBroker(
            new BrokerOptions(), ThreadPoolTurns.Instance, new ManualTime(), new Random(1), (_, _, _) => { },
            new StorageSetup(new MemoryDisk(), new NodeLogOptions(), this, static () => { }),
            new ClusterSetup
            {
                Self = Self,
                Name = TestCluster.NodeNameOf(0),
                Peers = this,
                Transport = new GroupTransport(
                    this, new RaftOptions(), new GroupTransportOptions(), TimeProvider.System, static _ => { }),
                Founders = [],
            });
        _lanes = new StandInLanes(_broker.QueueLinks!.PeerOf(TestCluster.IdOf(1)));
        _lanes.Begin(5);
        _lanes.Posts.Add(8);
        _sent.Clear();
    }

    public NodeId Self => TestCluster.IdOf(0);

    public void Dispose() => _broker.Dispose();

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => Assert.Fail(error.Message);

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);

    long IPeers.Process => 1;

    bool IPeers.IsUp(NodeId peer) => true;

    void IPeers.Close(NodeId peer, string reason) => Assert.Fail(reason);

    void IPeers.Register(ushort firstKind, IPeerUser user)
    {
    }

    bool IPeers.TrySend(NodeId peer, LinkClass linkClass, ushort kind, ReadOnlySpan<byte> body)
    {
        _sent.Add(kind);
        return true;
    }

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
