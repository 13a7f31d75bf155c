using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// A group on five nodes for a while, from a seed: elections, proposals, changes of members, transfers, compactions
/// and barriers, under a network and disks that do what they may. What must never be is looked for at every step (<see
/// cref="Truth"/>). Then the faults end, and within bounded time the group has a leader, commits, and every member has
/// everything.
/// </summary>
internal sealed class ClusterSimulation
{
    private const int Nodes = 5;
    private const int Steps = 1500;
    private const int StepsATick = 3;
    private const int SettlingSteps = 3000;

    private readonly Turmoil _turmoil;
    private readonly Random _random;
    private readonly SimulatedNetwork _network;
    private readonly Truth _truth = new();
    private readonly List<SimulatedMember> _members = [];
    private readonly List<NodeId> _ids = [];
    private readonly Dictionary<NodeId, Term> _led = [];
    private long _now;

    private ClusterSimulation(int seed)
    {
        _random = new Random(seed);
        _turmoil = (seed % 4) switch
        {
            1 => Turmoil.Wild,
            2 => Turmoil.Lagging,
            3 => Turmoil.Restless,
            _ => Turmoil.Calm,
        };
        _network = new SimulatedNetwork(_random);
        for (int number = 1; number <= Nodes; number++)
            _ids.Add(ScriptedCluster.Id((byte)number));
        int founders = Math.Max(1 + _random.Next(Nodes), _turmoil.FoundersLeast);
        var founding = new Membership(_ids.Take(founders).Select(id => new Member(id, IsVoter: true)));
        foreach (NodeId id in _ids)
        {
            var member = new SimulatedMember(id, _turmoil.Options, _network, _truth, _random);
            if (_members.Count < founders)
                member.Stored.Found(founding);
            _members.Add(member);
        }
    }

    /// <summary>Runs a seed and says what happened; throws what must not.</summary>
    public static SimulationReport Run(int seed)
    {
        var simulation = new ClusterSimulation(seed);
        try
        {
            return simulation.Run();
        }
        catch (Exception problem) when (problem is SimulationException or InvalidOperationException)
        {
            throw new SimulationException(
                $"seed {seed}, step {simulation._now}: {problem.Message}", problem);
        }
    }

    private SimulationReport Run()
    {
        foreach (SimulatedMember member in _members)
            member.Start(_now);
        _network.Loss = _random.Next(3) * 0.03;
        _network.Doubling = _random.Next(2) * 0.05;
        _network.DelayMost = 1 + _random.Next(_turmoil.DelayMost);
        _network.DamagesChunks = _random.Next(2) == 0;
        for (int step = 0; step < Steps; step++)
        {
            Disturb();
            Use();
            UseNewLeaders();
            Step();
        }
        Settle();
        return new SimulationReport(
            _now, _truth.Committed.Value, _members.Sum(member => member.BarriersReached),
            _members.Sum(member => member.SnapshotsInstalled));
    }

    private void Step()
    {
        _now++;
        while (_network.TryReceive(_now, out Packet packet))
            Find(packet.To).Receive(packet, _now);
        foreach (SimulatedMember member in _members)
        {
            member.Work(_now);
            // Clocks do not run alike.
            if (_random.Next(StepsATick) == 0)
                member.Tick(_now);
            if (member.Node is { WantsHeartbeat: true } || (_now + member.Id.Value.GetHashCode()) % 8 == 0)
                member.Beat(_ids, _now);
        }
    }

    private void Use()
    {
        SimulatedMember one = _members[_random.Next(Nodes)];
        SimulatedMember? leader = Leader();
        if (leader is not null && _random.Next(6) == 0)
            leader.Propose(_random.Next(60), _now);
        if (_random.Next(25) == 0)
            one.RequestBarrier(_now);
        // The oldest leader is the one that may have been replaced.
        if (_random.Next(10) == 0)
        {
            _members.Where(member => member.Node is { IsLeader: true })
                .MinBy(member => member.Node!.Term)?.RequestBarrier(_now);
        }
        if (_random.Next(50) == 0)
            one.Compact(_now);
        if (leader is not null && _random.Next(_turmoil.ChangeOneIn) == 0)
            ChangeMembers(leader);
        if (leader is not null && _random.Next(150) == 0)
            leader.Node!.TransferLeadership(one.Id);
        if (_random.Next(_turmoil.CampaignOneIn) == 0)
            one.Node?.Campaign();
        // Links end for reasons of their own, whoever lives.
        if (one.Node is { } node && _random.Next(_turmoil.CampaignOneIn) == 0)
            node.PeerGone(new LostPeer(node.Leader, _random.Next(2) == 0, _random.Next(Nodes), _random.Next(3)));
        if (_random.Next(_turmoil.CampaignOneIn) == 0)
            one.IsBarred = _random.Next(3) == 0;
        if (_random.Next(_turmoil.CampaignOneIn * 4) == 0)
        {
            foreach (SimulatedMember member in _members)
            {
                if (_random.Next(2) == 0)
                    member.Node?.Campaign();
                member.Pump(_now);
            }
        }
        leader?.Pump(_now);
        one.Pump(_now);
    }

    /// <summary>Not only the newest leader: one that has been replaced and does not know goes on as well.</summary>
    private SimulatedMember? Leader()
    {
        var leaders = _members.Where(member => member.Node is { IsLeader: true }).ToList();
        return leaders.Count == 0 ? null : leaders[_random.Next(leaders.Count)];
    }

    /// <summary>
    /// What a new leader does before others have its first entry is what two leaders in a row quarrel about.
    /// </summary>
    private void UseNewLeaders()
    {
        foreach (SimulatedMember member in _members)
        {
            if (member.Node is not { IsLeader: true } node || _led.GetValueOrDefault(member.Id) == node.Term)
                continue;
            _led[member.Id] = node.Term;
            if (_random.Next(_turmoil.LonelyLeaderOneIn) != 0)
                continue;
            NodeId hearing = _ids[_random.Next(Nodes)];
            foreach (NodeId other in _ids)
            {
                if (other != hearing)
                    _network.Cut(member.Id, other);
            }
            if (_random.Next(2) == 0)
                ChangeMembers(member);
            else
                member.Propose(5, _now);
            member.Pump(_now);
        }
    }

    private void ChangeMembers(SimulatedMember leader)
    {
        NodeId other = _ids[_random.Next(Nodes)];
        var kind = (MembershipChangeKind)_random.Next(3);
        // Two voters do not survive the loss of one; a leader that has not heard of it would take the third away.
        if (kind == MembershipChangeKind.Remove && leader.Node!.Members.Voters <= 3
            && _members.Any(member => member.Stored.IsUnsound))
            return;
        leader.Node!.ChangeMembers(new MembershipChange(kind, other));
    }

    private void Disturb()
    {
        SimulatedMember one = _members[_random.Next(Nodes)];
        if (one.Node is null)
        {
            if (_random.Next(_turmoil.StartOneIn) == 0)
                one.Start(_now);
        }
        else if (_random.Next(_turmoil.CrashOneIn) == 0)
        {
            // Most is to be learnt from who has something to lose.
            if (_random.Next(2) == 0)
                one = _members.Find(member => member is { Node: not null, HasWrites: true }) ?? one;
            one.Crash();
            if (_random.Next(_turmoil.DamageOneIn) == 0 && MayBeDamaged(one))
                one.Stored.Damage();
            if (_random.Next(2) == 0)
                one.Start(_now);
        }
        if (_random.Next(_turmoil.CutOneIn) == 0)
            one.DiskDelayMost = _random.Next(3) == 0 ? 80 : 4;
        if (_random.Next(_turmoil.CutOneIn) == 0)
            Cut();
        if (_random.Next(_turmoil.HealOneIn) == 0)
            _network.Heal();
    }

    /// <summary>
    /// One at a time, and of three voters at least, whichever membership counts: more is not to be survived.
    /// </summary>
    private bool MayBeDamaged(SimulatedMember one)
    {
        bool isAlone = _members.All(member => member == one || !member.Stored.IsUnsound);
        return isAlone && _members.SelectMany(Memberships).Concat(MembershipsOnTheirWay())
            .All(members => members.Voters is 0 or > 2);
    }

    // Of a leader that has crashed since.
    private IEnumerable<Membership> MembershipsOnTheirWay() =>
        _network.OnTheirWay.OfType<AppendRequest>().SelectMany(append => Memberships(append.Entries));

    private static IEnumerable<Membership> Memberships(SimulatedMember member)
    {
        if (member.Node is not null)
            yield return member.Node.Members;
        yield return member.Stored.State.Members;
        foreach (Membership members in Memberships(member.Stored.Entries))
            yield return members;
    }

    private static IEnumerable<Membership> Memberships(IEnumerable<RaftEntry> entries)
    {
        foreach (RaftEntry entry in entries)
        {
            if (MembershipFormat.TryRead(entry.Meta.Span, out Membership? members))
                yield return members!;
        }
    }

    /// <summary>One node from all, in one direction or both; or one way between two; or two sides.</summary>
    private void Cut()
    {
        NodeId one = _ids[_random.Next(Nodes)];
        int kind = _random.Next(5);
        int side = _random.Next(1 << Nodes);
        for (int place = 0; place < Nodes; place++)
        {
            NodeId other = _ids[place];
            if (kind is 0 or 1)
                _network.Cut(one, other);
            if (kind is 0 or 2)
                _network.Cut(other, one);
            if (kind == 3 && _random.Next(3) == 0)
                _network.Cut(one, other);
            for (int far = 0; kind == 4 && far < Nodes; far++)
            {
                if (((side >> place) & 1) != ((side >> far) & 1))
                    _network.Cut(other, _ids[far]);
            }
        }
    }

    private void Settle()
    {
        _network.Heal();
        (_network.Loss, _network.Doubling, _network.DamagesChunks, _network.DelayMost) = (0, 0, false, 4);
        foreach (SimulatedMember member in _members)
        {
            member.DiskDelayMost = 4;
            member.IsBarred = false;
            if (member.Node is null)
                member.Start(_now);
        }
        LogIndex before = _truth.Committed;
        for (int step = 0; step < SettlingSteps; step++)
        {
            Step();
            SimulatedMember? leader = _members
                .Where(member => member.Node is { IsLeader: true }).MaxBy(member => member.Node!.Term);
            if (leader is null)
                continue;
            if (_truth.Committed <= before && step % 50 == 49)
                leader.Propose(5, _now);
            if (_truth.Committed > before && IsSettled(leader.Node!))
                return;
        }
        throw new SimulationException(
            $"{SettlingSteps} steps after the last fault there is no peace: "
            + string.Join("; ", _members.Select(member => $"{member}")));
    }

    private bool IsSettled(RaftNode leader)
    {
        foreach (Member member in leader.Members.Members)
        {
            RaftNode? node = Find(member.Id).Node;
            if (node is null || node.Soundness != Soundness.Sound || node.Log.Applied != leader.Log.LastIndex)
                return false;
        }
        return leader.Log.Applied == leader.Log.LastIndex;
    }

    private SimulatedMember Find(NodeId id) => _members[_ids.IndexOf(id)];
}
