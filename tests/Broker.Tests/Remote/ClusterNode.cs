using System.Collections.Concurrent;
using Warren.Broker.Durability;
using Warren.Broker.Tests.Connections;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Cluster.Links;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Wire;

namespace Warren.Broker.Tests.Remote;

/// <summary>
/// A node of a <see cref="TestCluster"/>: broker, links, and a log on a disk in memory that is committed as soon as
/// there is something to commit.
/// </summary>
internal sealed class ClusterNode : IStorageWatcher, IAsyncDisposable
{
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _committing;
    private readonly GroupTransport _groups;
    private readonly Timer _ticking;

    public ClusterNode(TestCluster cluster, int index, FaultyDisk disk, long process)
    {
        Index = index;
        Disk = disk;
        Id = TestCluster.IdOf(index);
        Peers = new TestPeers(Id);
        _groups = new GroupTransport(
            Peers, new RaftOptions(), new GroupTransportOptions(), TimeProvider.System,
            static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
        Host = new BrokerHost(
            cluster.Options,
            new StorageSetup(disk, new NodeLogOptions(), this, () => _work.Release())
            {
                Incidents = Incidents.Enqueue,
            },
            cluster.Time,
            cluster: new ClusterSetup
            {
                Self = Id,
                Name = TestCluster.NodeNameOf(index),
                Peers = Peers,
                Transport = _groups,
                Lines = cluster.Lines,
                // The first one alone decides, so that tests may do to the others what they like.
                Founders = index == 0 ? [Id] : [],
                // The tests' time jumps: nobody is given up for that.
                PatienceMs = int.MaxValue,
                SessionGraceMs = int.MaxValue,
            });
        _committing = Task.Run(CommitAsync);
        _ticking = new Timer(_ => Broker.Definitions.TickSoon(), null, 50, 50);
        Peers.Links = new PeerLinks(new PeerLinksSetup
        {
            Self = new PeerIdentity
            {
                ClusterId = Guid.Parse("00000000-0000-0000-0000-00000000c1c1"),
                Generation = 1,
                NodeId = Id,
                Name = TestCluster.NodeNameOf(index),
                Boot = process,
                Process = process,
            },
            Cookie = "cookie"u8.ToArray(),
            ListenAddress = new PeerAddress($"n{index}", 1),
            Options = cluster.LinkOptions,
            Network = cluster.Network.Of($"n{index}"),
            Owner = Peers,
            Time = TimeProvider.System,
            Random = new Random(index),
            Schedule = static turn => ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false),
        });
    }

    public int Index { get; }

    public NodeId Id { get; }

    public FaultyDisk Disk { get; }

    public BrokerHost Host { get; }

    /// <summary>What it has kept for operators.</summary>
    public ConcurrentQueue<Incident> Incidents { get; } = new();

    public MessageBroker Broker => Host.Broker;

    public TestPeers Peers { get; }

    /// <summary>Keeps links with these.</summary>
    public void Start(int nodes)
    {
        _groups.Start();
        Peers.Links.Start();
        for (int other = 0; other < nodes; other++)
        {
            if (other != Index)
            {
                Peers.Links.AddPeer(new KnownPeer
                {
                    Name = TestCluster.NodeNameOf(other),
                    Address = new PeerAddress($"n{other}", 1),
                    Id = TestCluster.IdOf(other),
                });
            }
        }
    }

    /// <summary>The process is gone without a word; the disk has what was synced.</summary>
    public async Task<FaultyDisk> KillAsync()
    {
        // First it falls silent: what it would still confirm is not on the disk that is found.
        await Peers.Links.DisposeAsync();
        FaultyDisk found = Disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        await DisposeAsync();
        return found;
    }

    public async ValueTask DisposeAsync()
    {
        await _ticking.DisposeAsync();
        _groups.Dispose();
        await Peers.Links.DisposeAsync();
        await Host.DisposeAsync();
        await _stopped.CancelAsync();
        _work.Release();
        await _committing.WaitAsync(Eventually.Patience);
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => Host.Log.Enqueue(error.Message);

    void IStorageWatcher.Damaged(string message) => Host.Log.Enqueue(message);

    private async Task CommitAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            await _work.WaitAsync();
            // The first call may come before the broker has its log.
            while (Broker?.Storage is { } log && log.CommitRound() == CommitOutcome.Committed)
            {
            }
        }
    }
}
