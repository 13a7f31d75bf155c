using System.Collections.Concurrent;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Tests.Peers;
using Warren.Storage;
using Warren.Storage.Disk;
using Warren.Storage.Threads;
using Warren.Wire;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// A node with a log of its own and one member of a group, whose messages go over real links. The machine is a list of
/// all entries; the turn is a lock.
/// </summary>
internal sealed class TcpGroupMember : RaftGroupOwner, IGroupMember, IGroupOwner, IStorageWatcher, IAsyncDisposable
{
    private static readonly GroupId Group = new(1);

    private readonly Lock _turn = new();
    private readonly ConcurrentQueue<Action> _inbox = [];
    private readonly LogThreads _threads;
    private readonly NodeLog _log;
    private readonly GroupTransport _transport;
    private readonly RaftGroup _raft;
    private readonly List<(LogIndex Index, int Length, ulong Hash)> _applied = [];

    public TcpGroupMember(HubNode node, Membership members, TimeProvider ticks)
    {
        Node = node;
        var options = new NodeLogOptions { ReserveBytes = 0 };
        _threads = new LogThreads(options, this, TimeProvider.System, (_, _) => { });
        _log = StorageDirectory.Open(new MemoryDisk(), options, this, static (_, _) => { }, _threads.Wake);
        _threads.Start(_log);
        _transport = new GroupTransport(
            node.Hub, new RaftOptions(), new GroupTransportOptions(), ticks,
            work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
        _raft = new RaftGroup(
            RaftGroupStart.Found(node.Id, members), new RaftOptions(), new Random(node.Id.GetHashCode()),
            _log.OpenGroup(Group, this), this);
        _raft.Heartbeats = _transport.Register(Group, this);
        Turn(() => { });
    }

    public HubNode Node { get; }

    public GroupTransport Transport => _transport;

    public bool IsLeader => Read(() => _raft is { IsLeader: true, MayDecide: true });

    public (LogIndex Index, int Length, ulong Hash)[] Applied => Read(() => _applied.ToArray());

    public int BarriersReached { get; private set; }

    public void Start() => _transport.Start();

    public bool Propose(int bodyBytes, int seed)
    {
        byte[] body = new byte[bodyBytes];
        new Random(seed).NextBytes(body);
        bool isTaken = false;
        Turn(() => isTaken = _raft.TryPropose([new EntryPayload(new byte[] { 1 }, body)], out _));
        return isTaken;
    }

    public void RequestBarrier(long id) => Turn(() => _raft.RequestBarrier(id));

    // Posted, so that a link's loop never waits for a turn, and a turn never runs within another.
    void IGroupMember.Receive(NodeId from, RaftMessage message) => Post(() => _raft.Step(from, message));

    void IGroupMember.Wake() => Post(_raft.TakeHeartbeats);

    void IGroupOwner.Durable(Lsn lsn) => Post(() => _raft.Durable(lsn));

    void IGroupOwner.Moved(MovedEntries moves) => Post(() => _raft.Moved(moves));

    public override void Send(NodeId to, RaftMessage message) => _transport.Send(to, Group, message);

    public override void Read(PayloadRead read) => ThreadPool.QueueUserWorkItem(_ =>
    {
        using EntryReader reader = _log.OpenReader();
        read.Run(reader);
        Turn(() => _raft.Complete(read));
    });

    public override void Apply(in AppliedEntry entry) => _applied.Add(
        (entry.Index, entry.Body.Length, KeyMachine.HashOf(entry.Meta.Span, entry.Body.Span)));

    public override void Committed(LogIndex index)
    {
    }

    public override void Restore(in RestoredEntry entry) => throw new InvalidOperationException("nothing is compacted");

    public override void Reset() => throw new InvalidOperationException("nothing is lost");

    public override bool TryNextLive(LogIndex after, out LiveEntry entry)
    {
        entry = default;
        return false;
    }

    public override bool IsLive(LogIndex index) => true;

    public override void Moved(IReadOnlyList<MovedEntry> entries)
    {
    }

    public override void Barrier(BarrierOutcome outcome) => BarriersReached += outcome.Index.Value > 0 ? 1 : 0;

    public void SpaceChanged(bool isExhausted, string message)
    {
    }

    public void Failed(StorageFailedException error) => throw new InvalidOperationException("it has failed", error);

    public void Damaged(string message) => throw new InvalidOperationException(message);

    public async ValueTask DisposeAsync()
    {
        _transport.Dispose();
        await Node.DisposeAsync();
        _threads.Stop();
        _threads.Dispose();
    }

    private void Post(Action act)
    {
        _inbox.Enqueue(act);
        ThreadPool.QueueUserWorkItem(_ => Turn(() =>
        {
            while (_inbox.TryDequeue(out Action? next))
                next();
        }));
    }

    private void Turn(Action act)
    {
        lock (_turn)
        {
            act();
            _raft.Flush();
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (_turn)
            return read();
    }
}
