using Warren.Broker.Durability;
using Warren.Broker.Tests.Connections;
using Warren.Broker.Tests.Definitions;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Cluster;

/// <summary>
/// Brokers with clients, on the thread pool; one thread of the test is their disks, their links and their clock.
/// </summary>
internal sealed class LiveCluster : IAsyncDisposable, IStorageWatcher
{
    private static readonly NodeLogOptions SmallLog = new() { SegmentBytes = 1024 * 1024, ReserveBytes = 0 };

    private readonly List<BrokerHost> _hosts = [];
    private readonly List<SimulatedTransport> _transports = [];
    private readonly Thread _world;
    private volatile bool _isOver;

    public LiveCluster(int size)
    {
        NodeId[] ids = [.. Enumerable.Range(1, size).Select(Samples.Node)];
        Network = new SimulatedNetwork(new Random(1)) { MostDelay = 0 };
        foreach (NodeId id in ids)
        {
            var transport = new SimulatedTransport(Network, id, new RaftOptions());
            Assert.True(NodeName.TryParse($"rabbit@host{_hosts.Count + 1}", out NodeName name));
            _transports.Add(transport);
            _hosts.Add(new BrokerHost(
                storage: new StorageSetup(new MemoryDisk(), SmallLog, this, static () => { }),
                time: Time,
                // Nodes that draw the same waits before elections would always campaign at once.
                seed: _hosts.Count + 1,
                cluster: new ClusterSetup
                {
                    Self = id,
                    Name = name,
                    Peers = transport,
                    Transport = transport,
                    Founders = [.. ids],
                }));
            transport.Boot = _hosts[^1].Broker.Storage!.Boot;
            Network.Add(transport);
        }
        _world = new Thread(GoOn) { IsBackground = true };
        _world.Start();
    }

    public SimulatedNetwork Network { get; }

    public ManualTime Time { get; } = new();

    public BrokerHost this[int number] => _hosts[number - 1];

    public static NodeId Id(int number) => Samples.Node(number);

    public Task ServingAsync() =>
        Task.WhenAll(_hosts.Select(host => host.Broker.Cluster.WhenServing)).WaitAsync(4 * Eventually.Patience);

    /// <summary>A node that does not lead, and is not the first.</summary>
    public int Follower()
    {
        NodeId leader = this[1].Broker.Cluster.Status.Leader;
        return leader == Id(2) ? 3 : 2;
    }

    /// <summary>A node loses all its links, or has them again.</summary>
    public void SetCut(int number, bool isCut)
    {
        for (int other = 1; other <= _hosts.Count; other++)
        {
            if (other == number)
                continue;
            if (isCut)
                Network.Cut(Id(number), Id(other));
            else
                Network.Mend(Id(number), Id(other));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerHost host in _hosts)
            await host.CutAsync();
        _isOver = true;
        _world.Join();
        foreach (BrokerHost host in _hosts)
            await host.DisposeAsync();
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => Assert.Fail(error.Message);

    void IStorageWatcher.Damaged(string message) => Assert.Fail(message);

    private void GoOn()
    {
        long beatAt = TimeProvider.System.GetTimestamp();
        long beats = 0;
        while (!_isOver)
        {
            bool isBusy = Network.Step();
            foreach (BrokerHost host in _hosts)
                isBusy |= host.Broker.Storage!.CommitRound() == CommitOutcome.Committed;
            foreach (SimulatedTransport transport in _transports)
                transport.BeatIfHasty();
            // Never several at once: a machine that is busy has a slower clock, not elections.
            if (TimeProvider.System.GetElapsedTime(beatAt).TotalMilliseconds >= 50)
            {
                beatAt = TimeProvider.System.GetTimestamp();
                Beat(beats++);
            }
            if (!isBusy)
                Thread.Sleep(1);
        }
    }

    private void Beat(long number)
    {
        Time.Advance(TimeSpan.FromMilliseconds(50));
        foreach (SimulatedTransport transport in _transports)
        {
            if (number % 2 == 0)
                transport.Tick();
            if (number % 5 == 0)
                transport.Beat();
        }
    }
}
