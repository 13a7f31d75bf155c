using Warren.Cluster.Consensus;
using Warren.Cluster.Links;
using Warren.Cluster.Tests.Consensus;
using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// Nodes with logs on disks that lose what was not synced, and one group on them, for a while, from a seed: elections,
/// proposals, members, compactions, snapshots, power cuts at any operation of a disk, a damaged member. Whatever
/// anybody is told is held against <see cref="KeyTruth"/>. Where heartbeats go in batches there are times in which the
/// group has little to do and rests, and that is held against <see cref="RestTruth"/>. Then the faults end, and within
/// bounded time every member has everything and knows the leader; nothing is on any disk but what is live.
/// </summary>
internal sealed class GroupSimulation
{
    private const int Steps = 1200;
    private const int SettlingSteps = 4000;

    /// <summary>Without work and faults: a leader may be found, and all rest.</summary>
    private const int IdleSteps = 500;

    /// <summary>
    /// So long a member may be without a leader when nothing fails: some frames may come late, so that there is an
    /// election, or a few.
    /// </summary>
    private const int MostStepsWithoutLeader = 250;

    private readonly Random _random;
    private readonly SimulatedNetwork _network;
    private readonly KeyTruth _truth = new();
    private readonly List<GroupNode> _nodes = [];
    private readonly List<NodeId> _ids = [];
    private readonly bool _isOld;
    private readonly RestTruth? _rests;
    private readonly IdlePhases _phases;
    private long _now;
    private long _crashes;

    private GroupSimulation(int seed)
    {
        _random = new Random(seed);
        _network = new SimulatedNetwork(_random);
        _isOld = seed % 3 == 0;
        _rests = seed % 2 == 0 ? new RestTruth() : null;
        _phases = new IdlePhases(_random, mayIdle: _rests is not null);
        int count = _random.Next(2) == 0 ? 3 : 1 + _random.Next(4);
        var options = new RaftOptions
        {
            ElectionTicks = 8,
            BeatsUntilRest = 1 + _random.Next(2),
            AppendBytes = 300,
            LaggingAppendBytes = 300,
            InflightBytes = 1500,
            InflightAppends = 8,
            PayloadBytes = 400,
            UncommittedBytes = 20_000,
            SnapshotChunkBytes = 100 << _random.Next(4),
        };
        var logOptions = new NodeLogOptions
        {
            SegmentBytes = 2048 << _random.Next(4),
            CheckpointSpacingBytes = 2048 << _random.Next(4),
            CheckpointSpacingFactor = _random.Next(2),
            SpareSegments = _random.Next(2),
            ReserveBytes = 0,
            ReclaimBelowPercent = _random.Next(30, 100),
            ReclaimSlackSegments = 0,
            // What is appended in one turn is cut by a crash wherever a round ends.
            MostRoundBytes = 256 << _random.Next(8),
        };
        for (int number = 1; number <= count; number++)
            _ids.Add(ScriptedCluster.Id((byte)number));
        int founders = _isOld ? 1 : 1 + _random.Next(count);
        var founding = new Membership(_ids.Take(founders).Select(id => new Member(id, IsVoter: true)));
        foreach (NodeId id in _ids)
        {
            var node = new GroupNode(id, options, logOptions, _network, _truth, _random)
            {
                Rests = _rests,
                Pace = _rests is null ? GroupNode.UsualPace : _random.Next(2, 7),
            };
            if (_nodes.Count < founders && !_isOld)
                node.Founders = founding;
            _nodes.Add(node);
        }
        if (_isOld)
            _nodes[0].Disk = OldGroup.Make(logOptions, _truth, _random);
    }

    /// <summary>Runs a seed and says what happened; throws what must not.</summary>
    public static GroupReport Run(int seed)
    {
        var simulation = new GroupSimulation(seed);
        try
        {
            return simulation.Run();
        }
        catch (Exception problem)
            when (problem is SimulationException or InvalidOperationException or StorageFailedException)
        {
            throw new SimulationException($"seed {seed}, step {simulation._now}: {problem.Message}", problem);
        }
    }

    private GroupReport Run()
    {
        foreach (GroupNode node in _nodes)
            node.Start(_now);
        _network.DamagesChunks = _random.Next(2) == 0;
        for (int step = 0; step < Steps; step++)
        {
            _phases.Step(_network);
            Disturb();
            Use();
            Step(isQuick: false);
        }
        Settle();
        CheckIdle();
        Sweep();
        return new GroupReport(
            _now, _truth.Count, _crashes, _nodes.Sum(node => node.Snapshots), _nodes.Count(node => node.WasUnsound),
            _nodes.Count(node => node.IsDamaged && node.WasHealed),
            _nodes.Sum(node => node.BarriersReached), _rests?.Rested ?? 0);
    }

    private void Step(bool isQuick)
    {
        _now++;
        _rests?.NoteLeaders(_nodes, _now);
        while (_network.TryReceive(_now, out Packet packet))
            Find(packet.To).Receive(packet, _now);
        foreach (GroupNode node in _nodes)
        {
            if (node.IsPaused(_now))
                continue;
            node.ReceiveHeld(_now);
            bool wasUp = node.IsUp;
            node.Work(_now, isQuick);
            if (wasUp && !node.IsUp)
                _crashes++;
            if (_random.Next(12) < node.Pace)
                node.Tick(_now);
            bool isHasty = node is { HasBatches: false, Raft.WantsHeartbeat: true };
            if (isHasty || (_now + node.Id.Value.GetHashCode()) % 8 == 0)
                node.Beat(_ids, _now);
        }
        _rests?.Check(_nodes, _now);
    }

    private void Use()
    {
        if (!_phases.MayWork)
            return;
        GroupNode? leader = Leader();
        if (_random.Next(4) == 0)
            leader?.Propose(_now);
        if (_random.Next(25) == 0)
            _nodes[_random.Next(_nodes.Count)].Compact(_now);
        if (_random.Next(30) == 0)
            leader?.Compact(_now);
        if (leader is not null && _random.Next(40) == 0)
            ChangeMembers(leader);
        if (_random.Next(60) == 0)
            leader?.Raft!.TransferLeadership(_ids[_random.Next(_ids.Count)]);
        if (_random.Next(15) == 0)
            _nodes[_random.Next(_nodes.Count)].RequestBarrier(_now);
        // The oldest leader is the one that may have been replaced.
        if (_random.Next(10) == 0)
        {
            _nodes.Where(node => node.Raft is { IsLeader: true })
                .MinBy(node => node.Raft!.Term)?.RequestBarrier(_now);
        }
        leader?.Flush(_now);
    }

    private void ChangeMembers(GroupNode leader)
    {
        var kind = (MembershipChangeKind)_random.Next(3);
        if (kind == MembershipChangeKind.Remove
            && (leader.Raft!.Members.Voters <= 3 || _random.Next(4) != 0))
            return;
        leader.Raft!.ChangeMembers(new MembershipChange(kind, _ids[_random.Next(_ids.Count)]));
    }

    private GroupNode? Leader()
    {
        var leaders = _nodes.Where(node => node.Raft is { IsLeader: true }).ToList();
        return leaders.Count == 0 ? null : leaders[_random.Next(leaders.Count)];
    }

    private void Disturb()
    {
        if (_phases.IsIdle)
        {
            DisturbRest();
            return;
        }
        GroupNode one = _nodes[_random.Next(_nodes.Count)];
        if (!one.IsUp)
        {
            if (_random.Next(10) == 0)
                one.Start(_now);
        }
        else if (_random.Next(60) == 0)
        {
            if (_random.Next(2) == 0)
            {
                one.CrashSoon();
            }
            else
            {
                one.Crash();
                _crashes++;
            }
        }
        if (_random.Next(6) == 0 && MayBeDamaged() && one.TryDamage() && _random.Next(2) == 0)
            one.Crash();
        if (_random.Next(40) == 0)
            one.LoseLeader(_random.Next(2) == 0 ? LinkEnd.Lost : LinkEnd.PeerGone);
        if (_random.Next(60) == 0)
        {
            foreach (NodeId other in _ids)
            {
                _network.Cut(one.Id, other);
                if (_random.Next(2) == 0)
                    _network.Cut(other, one.Id);
            }
        }
        if (_random.Next(40) == 0)
            _network.Heal();
    }

    /// <summary>Less than else: that there is rest to be disturbed.</summary>
    private void DisturbRest()
    {
        GroupNode one = _nodes[_random.Next(_nodes.Count)];
        NodeId other = _ids[_random.Next(_ids.Count)];
        LinkEnd end = _random.Next(2) == 0 ? LinkEnd.Lost : LinkEnd.PeerGone;
        if (!one.IsUp && _random.Next(10) == 0)
            one.Start(_now);
        else if (!one.IsUp || one.IsPaused(_now))
            return;
        switch (_random.Next(400))
        {
            case < 2:
                one.Pause(_now + _random.Next(2, 60));
                break;
            case < 4:
                one.LoseLink(other, end);
                break;
            case < 5:
                one.LoseLink(other, end);
                Find(other).LoseLink(one.Id, end);
                break;
            case < 7:
                one.RegisterAgain();
                break;
            case < 8:
                one.Crash();
                _crashes++;
                break;
            case < 11:
                _network.Cut(one.Id, other);
                break;
            case < 13:
                one.Raft!.Campaign();
                one.Flush(_now);
                break;
            case < 16:
                one.RequestBarrier(_now);
                break;
            case < 20:
                one.Raft!.TransferLeadership(other);
                one.Flush(_now);
                // The others hear of it later.
                if (_random.Next(2) == 0)
                    _network.Cut(other, _ids[_random.Next(_ids.Count)]);
                break;
            case < 30:
                _network.Heal();
                break;
        }
    }

    /// <summary>One of three voters at least, and never another: more is not to be survived.</summary>
    private bool MayBeDamaged() => !_nodes.Any(node => node.IsDamaged)
        && _nodes.All(node => node.Raft is { } raft && raft.Members.Voters > 2 && raft.Soundness == Soundness.Sound
            && raft.Node.Log.MembersIndex <= raft.Commit && raft.Node.Log.CompactedMembers.Voters > 2);

    private void Settle()
    {
        _network.Heal();
        (_network.Loss, _network.Doubling, _network.DamagesChunks, _network.DelayMost) = (0, 0, false, 4);
        _network.IsOrdered = false;
        foreach (GroupNode node in _nodes)
        {
            node.SpareCrash();
            node.Pause(until: 0);
            node.Pace = GroupNode.UsualPace;
        }
        StartAll();
        LogIndex before = _truth.Last;
        for (int step = 0; step < SettlingSteps; step++)
        {
            Step(isQuick: true);
            StartAll();
            GroupNode? leader = Newest();
            if (leader is null)
                continue;
            if (_truth.Last <= before && step % 40 == 39)
                leader.Propose(_now);
            if (_truth.Last > before && IsSettled(leader))
                return;
        }
        throw new SimulationException(
            $"{SettlingSteps} steps after the last fault there is no peace: {string.Join("; ", _nodes)}");
    }

    /// <summary>Nobody works and nothing fails: every member knows the leader, and comes to rest.</summary>
    private void CheckIdle()
    {
        _network.DelayMost = 1;
        var without = new Dictionary<NodeId, int>();
        bool haveRested = _rests is null;
        for (int step = 0; step < IdleSteps || !haveRested || Newest() is not { } last || !IsSettled(last); step++)
        {
            Step(isQuick: true);
            GroupNode leader = Newest() ?? _nodes[0];
            haveRested = haveRested
                || _nodes.All(node => node.Heartbeats!.ActiveCount == 0 || !IsMember(leader, node));
            foreach (GroupNode node in _nodes.Where(node => IsMember(leader, node)))
            {
                without[node.Id] = node.Raft!.Leader == leader.Id ? 0 : without.GetValueOrDefault(node.Id) + 1;
                if (without[node.Id] > MostStepsWithoutLeader)
                    throw new SimulationException($"{node} knows no leader: {string.Join("; ", _nodes)}");
            }
            if (step > SettlingSteps)
                throw new SimulationException($"nothing happens, and there is no rest: {string.Join("; ", _nodes)}");
        }
    }

    /// <summary>All is compacted, the nodes start once more: their disks have what is live, and nothing else.</summary>
    private void Sweep()
    {
        GroupNode leader = Newest()!;
        var members = _nodes.Where(node => leader.Raft!.Members.Contains(node.Id)).ToList();
        foreach (GroupNode node in members)
        {
            for (int round = 0; round < 40; round++)
                node.Work(_now, isQuick: true);
            node.Machine!.Compact(node.Raft!, node.Raft!.CompactionMost);
            for (int round = 0; round < 40; round++)
                node.Work(_now, isQuick: true);
            if (!node.IsDamaged)
                node.CheckReadable();
        }
        foreach (GroupNode node in members)
        {
            LogIndex compacted = node.Raft!.CompactedIndex;
            node.Crash();
            node.Start(_now);
            if (node.IsDamaged && node.Raft.Soundness != Soundness.Sound)
                continue;
            if (node.Raft.CompactedIndex != compacted)
                throw new SimulationException($"{node} had compacted up to {compacted}");
            SortedList<long, ulong> live = _truth.LiveAt(compacted);
            if (!node.Machine!.Restored.SetEquals(live.Keys))
            {
                throw new SimulationException(
                    $"{node} has {string.Join(" ", node.Machine.Restored.Order())} on disk, "
                    + $"not {string.Join(" ", live.Keys)}");
            }
            if (!node.IsDamaged)
                node.CheckReadable();
        }
    }

    private void StartAll()
    {
        foreach (GroupNode node in _nodes)
        {
            if (!node.IsUp)
                node.Start(_now);
        }
    }

    private GroupNode? Newest() =>
        _nodes.Where(node => node.Raft is { IsLeader: true }).MaxBy(node => node.Raft!.Term);

    private bool IsSettled(GroupNode leader)
    {
        foreach (Member member in leader.Raft!.Members.Members)
        {
            GroupNode node = Find(member.Id);
            if (node.Raft is not { Soundness: Soundness.Sound } raft || raft.Applied != leader.Raft.LastIndex
                || raft.Commit != leader.Raft.LastIndex || raft.Node.Log.Durable != raft.LastIndex)
                return false;
        }
        return leader.Raft.Applied == leader.Raft.LastIndex;
    }

    private static bool IsMember(GroupNode leader, GroupNode node) => leader.Raft!.Members.Contains(node.Id);

    private GroupNode Find(NodeId id) => _nodes[_ids.IndexOf(id)];
}
