using Warren.Cluster.Links;
using Warren.Wire;

namespace Warren.Cluster.Tests.Links;

/// <summary>Nodes, the network between them and a clock, on one thread: a test does the same each time.</summary>
internal sealed class SimulatedWorld
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly Random _random = new(1);

    public SimulatedWorld() => Network = new SimulatedNetwork(Turns, Time);

    public static Guid Cluster { get; } = new("c0000000-0000-0000-0000-000000000001");

    public SimulatedTurns Turns { get; } = new();

    public ManualTime Time { get; } = new();

    public SimulatedNetwork Network { get; }

    /// <summary>A node called rabbit@host; identities sort as the hosts' first letters do.</summary>
    public static PeerIdentity Identity(string host, string? idOf = null, long boot = 5)
    {
        if (!NodeName.TryParse("rabbit@" + host, out NodeName name))
            throw new ArgumentException(host);
        byte[] id = new byte[NodeId.SizeBytes];
        id[15] = (byte)(idOf ?? host)[0];
        return new PeerIdentity
        {
            ClusterId = Cluster,
            NodeId = NodeId.Read(id),
            Name = name,
            Boot = boot,
            Process = (host[0] * 1000) + boot,
        };
    }

    public SimulatedNode Start(
        string host,
        PeerIdentity? identity = null,
        string cookie = "COOKIE",
        LinkOptions? options = null,
        TimeProvider? time = null,
        Refusal? declines = null)
    {
        var node = new SimulatedNode { Identity = identity ?? Identity(host) };
        node.Links = new PeerLinks(new PeerLinksSetup
        {
            Self = node.Identity,
            Cookie = WireClient.Bytes(cookie),
            ListenAddress = new PeerAddress(host, 25672),
            Options = options ?? new LinkOptions(),
            Network = Network.From(host),
            Owner = node,
            Declines = declines,
            Overruled = later => node.Later.Add(later.Name.Host),
            Time = time ?? Time,
            Random = _random,
            Schedule = Turns.Schedule,
        });
        node.Links.Start();
        return node;
    }

    /// <summary>Both know of each other.</summary>
    public static void Introduce(SimulatedNode one, SimulatedNode other)
    {
        Know(one, other);
        Know(other, one);
    }

    /// <summary>The first is to dial the second.</summary>
    public static void Know(SimulatedNode one, SimulatedNode other, bool withIdentity = true) =>
        one.Links.AddPeer(new KnownPeer
        {
            Name = other.Identity.Name,
            Address = new PeerAddress(other.Identity.Name.Host, 25672),
            Id = withIdentity ? other.Identity.NodeId : default,
        });

    /// <summary>Lets time pass; everything that it sets in motion is done before it goes on.</summary>
    public void Advance(double milliseconds)
    {
        for (var left = TimeSpan.FromMilliseconds(milliseconds); left > TimeSpan.Zero; left -= Step)
        {
            Time.Advance(Step < left ? Step : left);
            Network.Deliver();
            Turns.Run();
        }
    }

    /// <summary>Lets time pass until it is so.</summary>
    public void AdvanceUntil(Func<bool> condition, double atMostMilliseconds = 20_000)
    {
        Turns.Run();
        for (double passed = 0; !condition(); passed += Step.TotalMilliseconds)
        {
            if (passed > atMostMilliseconds)
                throw new TimeoutException($"Not within {atMostMilliseconds} ms.");
            Advance(Step.TotalMilliseconds);
        }
    }
}
