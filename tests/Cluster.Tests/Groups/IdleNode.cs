using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Tests.Consensus;
using Warren.Storage;
using Warren.Storage.Disk;

namespace Warren.Cluster.Tests.Groups;

/// <summary>A node with many groups that have nothing to do; the network loses nothing and takes no time.</summary>
internal sealed class IdleNode : IStorageWatcher
{
    private readonly NodeLog _log;
    private readonly List<IdleGroup> _groups = [];
    private readonly List<IdleGroup> _called = [];
    private readonly Queue<(NodeId From, int Group, RaftMessage Message)> _inbox = new();
    private IdleNode[] _nodes = [];

    private IdleNode(NodeId id)
    {
        Id = id;
        _log = StorageDirectory.Open(
            new MemoryDisk(), new NodeLogOptions { ReserveBytes = 0 }, this, static (_, _) => { }, static () => { });
        Heartbeats = new GroupHeartbeats(new RaftOptions(), Send, static () => { });
    }

    public NodeId Id { get; }

    public GroupHeartbeats Heartbeats { get; }

    /// <summary>Turns that were called for.</summary>
    public long Calls { get; private set; }

    public long LinesSent { get; private set; }

    public bool IsCut { get; set; }

    /// <summary>No messages reach it, only heartbeats.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>Frames of groups that rest are lost on their way from it.</summary>
    public bool LosesRest { get; set; }

    /// <summary>No answers to them.</summary>
    public bool LosesRestAnswers { get; set; }

    /// <summary>Epochs of groups at rest that it has begun.</summary>
    public HashSet<long> Epochs { get; } = [];

    /// <summary>Answers by which it ended one.</summary>
    public int LostEpochs { get; private set; }

    public List<BarrierOutcome> Barriers { get; } = [];

    /// <summary>Its first group.</summary>
    public RaftGroup First => _groups[0].Raft;

    /// <summary>Groups that this node leads once all is settled.</summary>
    public int Led { get; private set; }

    public int LedNow => _groups.Count(group => group.Raft.IsLeader && !group.IsGone);

    public static IdleNode[] MakeCluster(int count, int groups)
    {
        IdleNode[] nodes =
            [.. Enumerable.Range(1, count).Select(number => new IdleNode(ScriptedCluster.Id((byte)number)))];
        var members = new Membership(nodes.Select(node => new Member(node.Id, IsVoter: true)));
        foreach (IdleNode node in nodes)
        {
            node._nodes = nodes;
            for (int number = 0; number < groups; number++)
                node._groups.Add(new IdleGroup(node, number, members));
        }
        for (int number = 0; number < groups; number++)
            nodes[number % count]._groups[number].Raft.Node.Campaign();
        return nodes;
    }

    public static void Settle(IdleNode[] nodes)
    {
        for (int round = 0; round < 12; round++)
        {
            foreach (IdleNode node in nodes)
            {
                foreach (IdleGroup group in node._groups)
                    group.Raft.Flush();
            }
            Work(nodes);
            foreach (IdleNode node in nodes)
                node.Heartbeats.Beat();
        }
        foreach (IdleNode node in nodes)
            node.Led = node.LedNow;
        if (nodes.Sum(node => node.Led) != nodes[0]._groups.Count)
            throw new InvalidOperationException("not all groups have a leader");
    }

    /// <summary>Three nodes with groups that all rest.</summary>
    public static IdleNode[] MakeRested(int groups)
    {
        IdleNode[] nodes = MakeCluster(3, groups);
        Settle(nodes);
        Run(nodes, 5);
        if (nodes.Any(node => node.Heartbeats.ActiveCount != 0))
            throw new InvalidOperationException("not all groups rest");
        return nodes;
    }

    public static void Run(IdleNode[] nodes, int seconds)
    {
        for (int second = 0; second < seconds; second++)
        {
            RunIdle(nodes, 1);
            Work(nodes);
        }
    }

    /// <summary>No turn that is called for comes while this runs, unless the first node is cut off.</summary>
    public static void RunIdle(IdleNode[] nodes, int seconds)
    {
        // In steps of 50 ms: a tick every 100, a batch every 250.
        for (int step = 1; step <= seconds * 20; step++)
        {
            if (step % 2 == 0)
                Tick(nodes);
            if (step % 5 == 0)
                Beat(nodes);
            if (nodes[0].IsCut)
                Work(nodes);
        }
    }

    public static void Tick(IdleNode[] nodes)
    {
        foreach (IdleNode node in nodes)
            node.Heartbeats.Tick();
    }

    public static void Beat(IdleNode[] nodes)
    {
        foreach (IdleNode node in nodes)
            node.Heartbeats.Beat();
    }

    /// <summary>Messages, the log and the turns that were called for, until nothing is left.</summary>
    public static void Work(IdleNode[] nodes)
    {
        bool isDone = false;
        while (!isDone)
        {
            isDone = true;
            foreach (IdleNode node in nodes)
                isDone &= !node.WorkOnce();
        }
    }

    /// <summary>One of its groups, from 0.</summary>
    public RaftGroup Group(int number) => _groups[number].Raft;

    /// <summary>A group ends here, and knows nothing of the others any more.</summary>
    public void Remove(int number)
    {
        IdleGroup group = _groups[number];
        Heartbeats.Remove(group.Raft.Heartbeats!);
        group.Raft.Heartbeats = null;
        group.IsGone = true;
    }

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error) => throw error;

    void IStorageWatcher.Damaged(string message) => throw new InvalidOperationException(message);

    private bool WorkOnce()
    {
        bool hasDone = _inbox.Count > 0 || _called.Count > 0;
        while (_inbox.TryDequeue(out (NodeId From, int Group, RaftMessage Message) next))
        {
            if (_groups[next.Group].IsGone)
                continue;
            _groups[next.Group].Raft.Step(next.From, next.Message);
            _groups[next.Group].Raft.Flush();
        }
        foreach (IdleGroup group in _called.ToList())
        {
            group.Raft.TakeHeartbeats();
            group.Raft.Flush();
        }
        _called.Clear();
        return (_log.CommitRound() == CommitOutcome.Committed) | hasDone;
    }

    private void Send(NodeId to, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines)
    {
        if (kind is HeartbeatFrameKind.Heartbeats or HeartbeatFrameKind.Answers)
            LinesSent += lines.Length / (kind == HeartbeatFrameKind.Heartbeats ? 32 : 25);
        else if (LosesRest || (kind == HeartbeatFrameKind.RestAnswers && LosesRestAnswers))
            return;
        if (kind == HeartbeatFrameKind.Rest && RestFrame.TryRead(lines, out RestFrame frame))
            Epochs.Add(frame.Epoch);
        if (kind == HeartbeatFrameKind.RestAnswers && RestAnswer.TryRead(lines, out RestAnswer answer))
            LostEpochs += answer.IsLost ? 1 : 0;
        foreach (IdleNode node in _nodes)
        {
            if (node.Id == to && !node.IsCut && !IsCut && !node.Heartbeats.Receive(Id, kind, lines))
                throw new InvalidOperationException("lines do not come through their format");
        }
    }

    private void Call(IdleGroup group)
    {
        Calls++;
        _called.Add(group);
    }

    private sealed class IdleGroup : RaftGroupOwner, IGroupOwner
    {
        private readonly IdleNode _node;
        private readonly int _number;

        public IdleGroup(IdleNode node, int number, Membership members)
        {
            _node = node;
            _number = number;
            var id = new GroupId(number + 1);
            Raft = new RaftGroup(
                RaftGroupStart.Found(node.Id, members), new RaftOptions(), new Random(number),
                node._log.OpenGroup(id, this), this);
            Raft.Heartbeats = node.Heartbeats.Register(id, () => node.Call(this));
        }

        public RaftGroup Raft { get; }

        public bool IsGone { get; set; }

        public void Durable(Lsn lsn)
        {
            Raft.Durable(lsn);
            Raft.Flush();
        }

        public void Moved(MovedEntries moves) => Raft.Moved(moves);

        public override void Send(NodeId to, RaftMessage message)
        {
            foreach (IdleNode node in _node._nodes)
            {
                if (node.Id == to && !node.IsCut && !node.IsDeaf && !_node.IsCut)
                    node._inbox.Enqueue((_node.Id, _number, message));
            }
        }

        public override void Read(PayloadRead read) => throw new InvalidOperationException("nothing is to be read");

        public override void Apply(in AppliedEntry entry)
        {
        }

        public override void Committed(LogIndex index)
        {
        }

        public override void Restore(in RestoredEntry entry)
        {
        }

        public override void Reset()
        {
        }

        public override bool TryNextLive(LogIndex after, out LiveEntry entry)
        {
            entry = default;
            return false;
        }

        public override bool IsLive(LogIndex index) => false;

        public override void Moved(IReadOnlyList<MovedEntry> entries)
        {
        }

        public override void Barrier(BarrierOutcome outcome) => _node.Barriers.Add(outcome);
    }
}
