using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// Any step that may be taken, at any time, from a seed: a message that arrives however old it is, a campaign, a
/// crash, a write that becomes durable. There is no time, so nothing is improbable because it would take long. Looks
/// for what must never be; whether anything comes of it is the other simulation's business.
/// </summary>
internal sealed class RandomWalk
{
    private const int Nodes = 5;
    private const int Steps = 400;

    private static readonly RaftOptions Options = new()
    {
        ElectionTicks = 1,
        AppendBytes = 1,
        LaggingAppendBytes = 1,
        InflightBytes = 300,
        PayloadBytes = 60,
        UncommittedBytes = 500,
    };

    private readonly Random _random;
    private readonly SimulatedNetwork _network;
    private readonly Truth _truth = new();
    private readonly List<SimulatedMember> _members = [];

    /// <summary>Nodes that hear each other come in groups that change; else any may hear any.</summary>
    private readonly bool _hasSides;

    /// <summary>Members change, and there is a learner from the beginning.</summary>
    private readonly bool _hasChanges;

    /// <summary>Leaders in a row, and nothing else.</summary>
    private readonly bool _isQuarrel;

    private List<SimulatedMember> _side;
    private long _now;

    private RandomWalk(int seed)
    {
        _random = new Random(seed);
        _network = new SimulatedNetwork(_random) { DamagesChunks = true };
        _hasSides = seed % 2 == 1;
        _hasChanges = seed % 4 != 1;
        _isQuarrel = _hasSides && _hasChanges;
        int founders = _isQuarrel ? 4 : 3 + _random.Next(3);
        for (int number = 1; number <= Nodes; number++)
        {
            _members.Add(new SimulatedMember(
                ScriptedCluster.Id((byte)number), Options, _network, _truth, _random));
        }
        var founding = new Membership(
            _members.Take(founders).Select(member => new Member(member.Id, IsVoter: true)));
        foreach (SimulatedMember member in _members.Take(founders))
            member.Stored.Found(founding);
        _side = _members;
    }

    /// <summary>Walks; throws what must not be.</summary>
    public static void Run(int seed)
    {
        var walk = new RandomWalk(seed);
        try
        {
            foreach (SimulatedMember member in walk._members)
                member.Start(0);
            if (walk._isQuarrel)
                walk.AddLearner();
            for (; walk._now < Steps; walk._now++)
            {
                if (!walk._isQuarrel)
                    walk.Step();
                else if (walk._now % 50 == 0)
                    walk.Quarrel();
            }
        }
        catch (Exception problem) when (problem is SimulationException or InvalidOperationException)
        {
            throw new SimulationException($"walk {seed}, step {walk._now}: {problem.Message}", problem);
        }
    }

    /// <summary>One leads, and the last is a learner that has everything.</summary>
    private void AddLearner()
    {
        SimulatedMember leader = _members[0];
        leader.Tick(0);
        DeliverUntil(() => false);
        leader.Node!.ChangeMembers(new MembershipChange(MembershipChangeKind.AddLearner, _members[^1].Id));
        leader.Pump(0);
        DeliverUntil(() => false);
    }

    /// <summary>
    /// Leaders in a row, each heard by some when it is elected, by others when it changes the members at once, and by
    /// nobody afterwards.
    /// </summary>
    private void Quarrel()
    {
        SimulatedMember one = _members[_random.Next(Nodes)];
        _side = SideOf(one);
        foreach (SimulatedMember member in _side.Where(member => member.Node is { IsLeader: false }))
            member.Tick(_now);
        for (int campaign = 0; campaign < 3 && one.Node is { IsLeader: false }; campaign++)
        {
            while (_network.TryReceiveAny(out _))
                continue;
            one.Tick(_now);
            DeliverUntil(() => one.Node is { IsLeader: true });
        }
        if (one.Node is not { IsLeader: true } leader)
            return;
        _side = SideOf(one);
        if (leader.Members.Voters > 3)
        {
            NodeId other = _members[_random.Next(Nodes)].Id;
            leader.ChangeMembers(new MembershipChange(
                leader.Members.IsVoter(other) ? MembershipChangeKind.Remove : MembershipChangeKind.Promote, other));
            one.Pump(_now);
        }
        // What is on its way then never arrives.
        int most = _random.Next(2) == 0 ? int.MaxValue : _random.Next(20);
        DeliverUntil(() => most-- <= 0);
    }

    private List<SimulatedMember> SideOf(SimulatedMember one) =>
        [.. _members.Where(member => member == one || _random.Next(2) == 0)];

    /// <summary>Within the side, until something is so or nothing is left.</summary>
    private void DeliverUntil(Func<bool> isEnough)
    {
        for (int round = 0; round < 12; round++)
        {
            foreach (SimulatedMember member in _side)
                member.Work(long.MaxValue);
            while (!isEnough() && _network.TryReceive(long.MaxValue, out Packet packet))
            {
                if (_side.Contains(Find(packet.From)) && _side.Contains(Find(packet.To)))
                    Find(packet.To).Receive(packet, _now);
            }
            if (isEnough())
                return;
        }
    }

    private SimulatedMember TakeOne()
    {
        if (_hasSides && _random.Next(20) == 0)
            _side = [.. _members.Where(_ => _random.Next(2) == 0)];
        return _side.Count > 0 ? _side[_random.Next(_side.Count)] : _members[_random.Next(Nodes)];
    }

    /// <summary>Across sides nothing arrives.</summary>
    private void Deliver()
    {
        if (_network.TryReceiveAny(out Packet packet)
            && (!_hasSides || (_side.Contains(Find(packet.From)) && _side.Contains(Find(packet.To)))))
            Find(packet.To).Receive(packet, _now);
    }

    private void Step()
    {
        SimulatedMember one = TakeOne();
        switch (_random.Next(30))
        {
            case 0 or 1 when one.Node is { IsLeader: false } || _random.Next(10) == 0:
                one.Tick(_now);
                break;
            case 2:
                one.Crash();
                break;
            case 3 or 4 when one.Node is null:
                one.Start(_now);
                break;
            case 5 when one.Node is { IsLeader: true }:
                one.Propose(_random.Next(20), _now);
                break;
            case 6 when _hasChanges && one.Node is { IsLeader: true } node:
                node.ChangeMembers(new MembershipChange(
                    (MembershipChangeKind)_random.Next(3), _members[_random.Next(Nodes)].Id));
                one.Pump(_now);
                break;
            case 7 when one.Node is { IsLeader: true }:
                one.Beat(_members.Select(member => member.Id), _now);
                break;
            case 8:
                one.RequestBarrier(_now);
                break;
            case 9 when _random.Next(4) == 0:
                one.Compact(_now);
                break;
            case 10 or 11 when !_hasSides:
                _network.TryReceiveAny(out _);
                break;
            case < 17:
                one.Work(long.MaxValue);
                break;
            default:
                Deliver();
                break;
        }
    }

    private SimulatedMember Find(NodeId id) => _members.Find(member => member.Id == id)!;
}
