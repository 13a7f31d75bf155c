using System.Text;
using Warren.Cluster.Links;

namespace Warren.Cluster.Tests.Links;

/// <summary>A node with nothing but its links; keeps what they tell it.</summary>
internal sealed class SimulatedNode : IPeerOwner
{
    private readonly Dictionary<NodeId, PeerLink> _up = [];

    public required PeerIdentity Identity { get; init; }

    public PeerLinks Links { get; set; } = null!;

    /// <summary>"up b", "down b: why", in order.</summary>
    public List<string> Events { get; } = [];

    public List<Refusal> Refusals { get; } = [];

    /// <summary>Nodes of later generations that it was told of.</summary>
    public List<string> Later { get; } = [];

    /// <summary>Texts of frames, with who sent them: "b: text".</summary>
    public List<string> Frames { get; } = [];

    /// <summary>What the last frame said of it.</summary>
    public TimeSpan LostFor { get; private set; }

    public List<FrameCredit> HeldCredit { get; } = [];

    /// <summary>Classes whose credit is not given back.</summary>
    public HashSet<LinkClass> Held { get; } = [];

    public bool FailsOnFrame { get; set; }

    public List<LinkClass> Rooms { get; } = [];

    public Func<PeerIdentity, LinkPurpose, Refusal?> Decision { get; set; } = (_, _) => null;

    public LocalState State { get; set; } = new(7, 100, TimeSpan.FromMilliseconds(3));

    public Dictionary<NodeId, PeerHeartbeat> Heartbeats { get; } = [];

    public PeerLink LinkTo(SimulatedNode other) => _up[other.Identity.NodeId];

    public bool IsUp(SimulatedNode other) => _up.ContainsKey(other.Identity.NodeId);

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => Decision(peer, purpose);

    public void LinkUp(PeerLink link)
    {
        Events.Add($"up {link.Peer.Name.Host}");
        Assert(_up.TryAdd(link.Peer.NodeId, link), "a second link came up beside the first");
    }

    public void LinkDown(PeerLink link, string reason)
    {
        Events.Add($"down {link.Peer.Name.Host}: {reason}");
        Assert(_up.Remove(link.Peer.NodeId, out PeerLink? known) && known == link, "an unknown link went down");
    }

    public void FrameArrived(in PeerFrame frame)
    {
        Assert(!FailsOnFrame, "bang");
        Frames.Add($"{Host(frame)}: {Encoding.ASCII.GetString(frame.Body[..Math.Min(20, frame.Body.Length)])}");
        LostFor = frame.LostFor;
        if (Held.Contains(frame.Class))
            HeldCredit.Add(frame.Credit);
        else
            frame.Credit.Return();
    }

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat) => Heartbeats[link.Peer.NodeId] = heartbeat;

    public void RoomAgain(PeerLink link, LinkClass linkClass) => Rooms.Add(linkClass);

    public void Refused(string who, Refusal refusal) => Refusals.Add(refusal);

    private string Host(in PeerFrame frame)
    {
        NodeId from = frame.From;
        string direct = frame.Link.Peer.Name.Host;
        return frame.Link.Peer.NodeId == from
            ? direct
            : $"{Links.Status().First(status => status.Id == from).Name.Host} by {direct}";
    }

    private static void Assert(bool holds, string promise)
    {
        if (!holds)
            throw new InvalidOperationException(promise);
    }
}
