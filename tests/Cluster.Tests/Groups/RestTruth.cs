using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Tests.Consensus;
using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// What nodes hold for resting, looked at after each step: that both sides of a pair hold the same once all that was
/// sent has arrived, that each counts what it has, and that nobody rests under a leader that was none when it sent what
/// is taken for its word.
/// </summary>
internal sealed class RestTruth
{
    /// <summary>What a group's turn does is published within a step.</summary>
    private const int PublishedWithin = 2;

    private readonly Dictionary<(NodeId From, NodeId To, long Epoch, long Number), long> _sent = [];
    private readonly Dictionary<(NodeId Node, long Term), long> _led = [];

    /// <summary>Steps in which a node that is up did not walk its group, of all nodes.</summary>
    public long Rested { get; private set; }

    /// <summary>A node sends a frame of groups at rest to another.</summary>
    public void Sent(NodeId from, NodeId to, ReadOnlySpan<byte> bytes, long now)
    {
        if (!RestFrame.TryRead(bytes, out RestFrame frame))
            throw new SimulationException($"{TraceText.Of(from)} sends a frame that is none");
        _sent[(from, to, frame.Epoch, frame.Number)] = now;
    }

    /// <summary>Takes note of who leads now.</summary>
    public void NoteLeaders(IEnumerable<GroupNode> nodes, long now)
    {
        foreach (GroupNode node in nodes)
        {
            if (node.Raft is { IsLeader: true } raft)
                _led[(node.Id, raft.Term.Value)] = now;
        }
    }

    /// <summary>Throws what must not be.</summary>
    public void Check(IReadOnlyList<GroupNode> nodes, long now)
    {
        NoteLeaders(nodes, now);
        foreach (GroupNode node in nodes)
        {
            if (node.Heartbeats is not { } heartbeats || node.IsPaused(now))
                continue;
            Rested += heartbeats.ActiveCount == 0 ? 1 : 0;
            if (node.Raft!.Heartbeats!.Under is { } under)
                CheckUnder(node, under);
            foreach (GroupNode other in nodes)
            {
                if (other != node)
                    CheckPair(node, other);
            }
        }
    }

    private void CheckUnder(GroupNode node, FollowedRest under)
    {
        RaftGroup raft = node.Raft!;
        Term term = raft.Heartbeats!.RestTerm;
        string what = $"{node} rests under {TraceText.Of(under.Node)} in term {term}";
        if (raft.IsLeader || raft.Leader != under.Node || raft.Term != term)
            throw new SimulationException($"{what}, whom it does not follow");
        long silent = node.Heartbeats!.Now - under.HeardAt;
        if (silent >= HeartbeatSlot.CheckTicks(node.Options))
            throw new SimulationException($"{what}, of whose node nothing has come for {silent} ticks");
        if (!_sent.TryGetValue((under.Node, node.Id, under.Epoch, under.Number), out long sent))
            throw new SimulationException($"{what}, by frame {under.Number}, which nobody has sent");
        if (!_led.TryGetValue((under.Node, term.Value), out long led) || led < sent - PublishedWithin)
            throw new SimulationException($"{what}, who led until step {led} and said so in step {sent}");
    }

    private static void CheckPair(GroupNode leads, GroupNode follows)
    {
        LedRest led = leads.Heartbeats!.RestOf(follows.Id);
        SlotRests rests = leads.Raft!.Heartbeats!.Rests;
        int place = rests.Find(follows.Id);
        string what = $"{leads} with {TraceText.Of(follows.Id)}";
        if (led.Count != (place < 0 ? 0 : 1))
            throw new SimulationException($"{what}: {led.Count} are counted that rest, and {place} is its place");
        if (place >= 0 && rests[place].With != led)
            throw new SimulationException($"{what} rests with one that is no more");
        if (follows.Heartbeats is not { } heartbeats)
            return;
        FollowedRest followed = heartbeats.UnderOf(leads.Id);
        // What is on its way may change it.
        if (!followed.IsOpen || followed.Epoch != led.Epoch || followed.Number != led.Number
            || followed.Answered != led.Confirmed)
            return;
        bool isUnder = follows.Raft!.Heartbeats!.Under == followed;
        if (place >= 0 && rests[place].IsConfirmed && !isUnder && !followed.IsToBeNamed(GroupNode.Group))
            throw new SimulationException($"{what}: it rests at the leader's node, and not at the member's");
        if (isUnder && place < 0 && !led.IsToLetGo(GroupNode.Group))
            throw new SimulationException($"{what}: it rests at the member's node, and not at the leader's");
    }
}
