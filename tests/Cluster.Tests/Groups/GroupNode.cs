using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Cluster.Groups;
using Warren.Cluster.Links;
using Warren.Cluster.Tests.Consensus;
using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;
using Warren.Storage.Disk;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// A node with a disk that may fail, its log and one group. What the log says comes to the group's turn later, as from
/// another thread.
/// </summary>
internal sealed class GroupNode(
    NodeId id, RaftOptions options, NodeLogOptions logOptions, SimulatedNetwork network, KeyTruth truth,
    Random random)
    : IGroupOwner, IStorageWatcher
{
    public const int UsualPace = 4;

    public static readonly GroupId Group = new(1);

    private readonly Queue<MovedEntries> _moves = new();
    private readonly Queue<Packet> _held = new();
    private NodeLog? _log;
    private StorageBackground? _background;
    private FaultyDisk? _crashed;
    private GroupHeartbeats? _heartbeats;
    private bool _isCalled;
    private bool _isHasty;
    private bool _isTouched;
    private long _pausedTo;
    private Lsn _durable;
    private Lsn _taken;
    private long _now;
    private long _barriers;

    public NodeId Id { get; } = id;

    /// <summary>
    /// Heartbeats come and go as for all groups of a node, and the group may rest; else each to the group.
    /// </summary>
    public RestTruth? Rests { get; init; }

    public bool HasBatches => Rests is not null;

    public RaftOptions Options => options;

    public GroupHeartbeats? Heartbeats => _heartbeats;

    /// <summary>In how many of twelve steps its clock ticks.</summary>
    public int Pace { get; set; } = UsualPace;

    public FaultyDisk Disk { get; set; } = new();

    public RaftGroup? Raft { get; private set; }

    public KeyMachine? Machine { get; private set; }

    /// <summary>What a start without anything of the group begins with; null: it joins.</summary>
    public Membership? Founders { get; set; }

    /// <summary>Damage has been done to the disk.</summary>
    public bool IsDamaged { get; private set; }

    public bool WasUnsound { get; private set; }

    public bool WasHealed { get; private set; }

    public int BarriersReached { get; private set; }

    /// <summary>That a leader has brought.</summary>
    public int Snapshots { get; private set; }

    public bool IsUp => Raft is not null;

    public void Start(long now)
    {
        _now = now;
        Machine = new KeyMachine { Truth = truth, Sends = (to, message) => network.Send(Id, to, message, _now) };
        RaftGroupStart? start = null;
        LogIndex compacted = default;
        _log = StorageDirectory.Open(
            Disk,
            logOptions,
            this,
            (_, found) => start = RaftGroupStart.Recover(Id, found, Machine, acceptsLoss: false),
            static () => { });
        start ??= Founders is { } founders ? RaftGroupStart.Found(Id, founders) : RaftGroupStart.Join(Id);
        _background = new StorageBackground(_log, logOptions, this);
        Raft = new RaftGroup(start, options, random, _log.OpenGroup(Group, this), Machine);
        Machine.Group = Raft;
        compacted = Raft.CompactedIndex;
        if (HasBatches)
        {
            _heartbeats = new GroupHeartbeats(options, SendLines, () => _isHasty = true);
            Raft.Heartbeats = _heartbeats.Register(Group, () => _isCalled = true);
        }
        _pausedTo = 0;
        if (!start.IsUnsound)
            Machine.RestoredTo(compacted);
        Machine.WasReplaced = false;
        Flush(now);
    }

    /// <summary>The link with whom it follows has ended.</summary>
    public void LoseLeader(LinkEnd end)
    {
        if (Raft is not { Leader: { IsNone: false } leader } raft)
            return;
        if (HasBatches)
            _heartbeats!.PeerGone(leader, end);
        else
            raft.Node.PeerGone(new LostPeer(leader, end != LinkEnd.Lost, random.Next(4), 0));
    }

    /// <summary>The link with another has ended, as far as this one knows.</summary>
    public void LoseLink(NodeId other, LinkEnd end) => _heartbeats?.PeerGone(other, end);

    /// <summary>The group ends among the node's heartbeats, and begins again, as one of the same name would.</summary>
    public void RegisterAgain()
    {
        if (_heartbeats is null)
            return;
        _heartbeats.Remove(Raft!.Heartbeats!);
        Raft.Heartbeats = _heartbeats.Register(Group, () => _isCalled = true);
        Flush(_now);
    }

    /// <summary>It stands still until a step, and its clock with it; what comes waits.</summary>
    public void Pause(long until) => _pausedTo = until;

    public bool IsPaused(long now) => now < _pausedTo;

    /// <summary>Takes what came while it stood still.</summary>
    public void ReceiveHeld(long now)
    {
        while (_held.TryDequeue(out Packet packet))
            Receive(packet, now);
    }

    /// <summary>The power is cut.</summary>
    public void Crash() => Die(Disk.Crash(random));

    /// <summary>The power will be cut in the middle of what is done next.</summary>
    public void CrashSoon()
    {
        int left = 1 + random.Next(6);
        FaultyDisk disk = Disk;
        disk.BeforeOperation = _ =>
        {
            if (--left == 0)
                _crashed = disk.Crash(random);
        };
    }

    /// <summary>It will not, after all.</summary>
    public void SpareCrash() => Disk.BeforeOperation = null;

    /// <summary>Bits flip in what the log has written, but for its end.</summary>
    public bool TryDamage() => DiskDamage.TryDamage(Disk, random) && (IsDamaged = true);

    public void Receive(Packet packet, long now)
    {
        _now = now;
        if (Raft is null)
            return;
        if (IsPaused(now))
        {
            _held.Enqueue(packet);
            return;
        }
        switch (packet.Kind)
        {
            case PacketKind.Message:
                Raft.Step(packet.From, network.Open(packet));
                break;
            case PacketKind.Heartbeat when HeartbeatFormat.TryRead(packet.Bytes, out Heartbeat heartbeat):
                network.Send(Id, packet.From, Raft.Step(packet.From, heartbeat), now);
                break;
            case >= PacketKind.HeartbeatLines and <= PacketKind.RestAnswers:
                HeartbeatFrameKind kind = packet.Kind - PacketKind.HeartbeatLines + HeartbeatFrameKind.Heartbeats;
                if (!_heartbeats!.Receive(packet.From, kind, packet.Bytes))
                    throw new SimulationException("lines of heartbeats do not come through their format");
                return;
            case PacketKind.HeartbeatAnswer when HeartbeatFormat.TryRead(packet.Bytes, out HeartbeatAnswer answer):
                Raft.Step(packet.From, answer);
                break;
        }
        _isTouched = true;
        // Not after each: a turn may have several.
        if (random.Next(3) != 0)
            Flush(now);
    }

    public void Beat(IEnumerable<NodeId> others, long now)
    {
        if (HasBatches)
        {
            _heartbeats?.Beat();
            return;
        }
        foreach (NodeId other in others)
        {
            if (Raft is not null && Raft.TryHeartbeat(other, out Heartbeat heartbeat))
                network.Send(Id, other, heartbeat, now);
        }
    }

    public void Tick(long now)
    {
        if (HasBatches)
        {
            _heartbeats?.Tick();
            return;
        }
        Raft?.Tick();
        Flush(now);
    }

    /// <summary>The log's threads, and whoever reads, go on a bit.</summary>
    public void Work(long now, bool isQuick)
    {
        _now = now;
        if (Raft is null)
            return;
        try
        {
            if (isQuick || random.Next(3) == 0)
                _log!.CommitRound();
            if (random.Next(12) == 0)
                _background!.RunOnce();
            if (random.Next(60) == 0)
                _background!.MakeCheckpoint();
        }
        catch (Exception error) when (error is DiskException or StorageFailedException)
        {
            if (_crashed is null)
                throw new SimulationException($"{TraceText.Of(Id)}: {error.Message}");
        }
        if (_crashed is { } crashed)
        {
            Die(crashed);
            return;
        }
        if ((isQuick || random.Next(2) == 0) && _durable > _taken)
        {
            Raft.Durable(_taken = _durable);
            _isTouched = true;
        }
        while (_moves.Count > 0 && random.Next(2) == 0)
        {
            Raft.Moved(_moves.Dequeue());
            _isTouched = true;
        }
        if (random.Next(3) == 0)
            ReadAll();
        if (_isCalled && random.Next(2) == 0)
        {
            _isCalled = false;
            Raft.TakeHeartbeats();
            _isTouched = true;
        }
        // A group that nothing happens to has no turn, and publishes nothing.
        if (_isTouched || !HasBatches)
            Flush(now);
        if (_isHasty && random.Next(2) == 0)
        {
            _isHasty = false;
            _heartbeats!.BeatHasty();
        }
        if (Raft.Soundness != Soundness.Sound && !IsDamaged)
            throw new SimulationException($"{this}, and nothing was done to its disk");
        if (Raft.Soundness == Soundness.NeedsSnapshot)
            WasUnsound = true;
        else if (WasUnsound && Raft.Soundness == Soundness.Sound)
            WasHealed = true;
    }

    public void Flush(long now)
    {
        _now = now;
        _isTouched = false;
        Raft?.Flush();
        if (Machine is not { WasReplaced: true } || Raft!.Soundness == Soundness.NeedsSnapshot)
            return;
        Machine.WasReplaced = false;
        Snapshots++;
    }

    public void Propose(long now)
    {
        if (Raft is not { MayDecide: true })
            return;
        var payloads = new EntryPayload[1 + random.Next(3)];
        for (int place = 0; place < payloads.Length; place++)
        {
            byte[] body = new byte[random.Next(30) == 0 ? random.Next(20_000) : random.Next(120)];
            random.NextBytes(body);
            bool isSet = random.Next(4) != 0;
            byte[] meta = [isSet ? KeyMachine.Set : KeyMachine.Remove, (byte)random.Next(10)];
            payloads[place] = new EntryPayload(meta, isSet ? body : default(ReadOnlyMemory<byte>));
        }
        Raft.TryPropose(payloads, out _);
        Flush(now);
    }

    public void ProposeSet(byte key)
    {
        Raft!.TryPropose([new EntryPayload(new[] { KeyMachine.Set, key }, new byte[50])], out _);
        Flush(_now);
    }

    /// <summary>All that is appended becomes durable, and is told.</summary>
    public void Commit()
    {
        while (_log!.CommitRound() == CommitOutcome.Committed)
        {
            Raft!.Durable(_durable);
            Raft.Flush();
            ReadAll();
        }
    }

    /// <summary>The power is cut, and nothing that was not synced has come through.</summary>
    public void LoseUnsynced() => Die(Disk.Crash(random, CrashMode.LoseAll));

    public void RequestBarrier(long now)
    {
        if (Raft is null)
            return;
        Machine!.Barriers.Add(++_barriers, truth.Last);
        Raft.RequestBarrier(_barriers);
        Flush(now);
    }

    public void Compact(long now)
    {
        _now = now;
        if (Raft is null)
            return;
        // A member that is slow must not hold up the log for ever.
        LogIndex index = Raft.CompactionLimit;
        if (Raft.IsLeader && random.Next(3) == 0)
            index = new LogIndex(Math.Min(Raft.Node.Log.Applied.Value, Raft.Node.Log.Durable.Value));
        Machine!.Compact(Raft, index < Raft.CompactionMost ? index : Raft.CompactionMost);
    }

    /// <summary>Every live entry is on the disk as it was proposed.</summary>
    public void CheckReadable()
    {
        using EntryReader reader = _log!.OpenReader();
        foreach ((LiveEntry live, ulong hash) in Machine!.Live)
        {
            ReadOutcome outcome = reader.Read(
                Group, live.Index, live.Position, EntryReader.EntryOverheadBytes + live.PayloadBytes,
                out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body);
            if (outcome != ReadOutcome.Whole || KeyMachine.HashOf(meta, body) != hash)
            {
                throw new SimulationException(
                    $"{TraceText.Of(Id)}: entry {live.Index} is {outcome} at {live.Position}");
            }
        }
    }

    void IGroupOwner.Durable(Lsn lsn) => _durable = lsn;

    void IGroupOwner.Moved(MovedEntries moves) => _moves.Enqueue(moves);

    void IStorageWatcher.SpaceChanged(bool isExhausted, string message)
    {
    }

    void IStorageWatcher.Failed(StorageFailedException error)
    {
        if (_crashed is null)
            throw new SimulationException(error.Message);
    }

    void IStorageWatcher.Damaged(string message)
    {
        if (!IsDamaged)
            throw new SimulationException(message);
    }

    public override string ToString() => Raft is null
        ? $"{TraceText.Of(Id)} is down"
        : $"{TraceText.Of(Raft.Node)} {Raft.Soundness} compacted {Raft.CompactedIndex} applied {Raft.Applied}";

    /// <summary>What the group waits to be read is read.</summary>
    public void ReadAll()
    {
        using EntryReader reader = _log!.OpenReader();
        while (Machine!.Reads.TryDequeue(out PayloadRead? read))
        {
            read.Run(reader);
            Raft!.Complete(read);
            Raft.Flush();
        }
    }

    private void SendLines(NodeId to, HeartbeatFrameKind kind, ReadOnlySpan<byte> lines)
    {
        if (kind == HeartbeatFrameKind.Rest)
            Rests!.Sent(Id, to, lines, _now);
        network.SendLines(Id, to, PacketKind.HeartbeatLines + (int)kind, lines, _now);
    }

    private void Die(FaultyDisk left)
    {
        BarriersReached += Machine!.BarriersReached;
        _heartbeats = null;
        _isCalled = _isHasty = _isTouched = false;
        Disk = left;
        _crashed = null;
        Raft = null;
        Machine = null;
        _log = null;
        _moves.Clear();
        _held.Clear();
        _durable = _taken = default;
    }
}
