using Warren.Cluster;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Cli.Node;

/// <summary>
/// Reaches a node of another host by its peer port (docs/formats/peer-links.md, purpose 3), with the caller's cookie.
/// What comes of it is a stream, on which the same is said as on a control socket.
/// </summary>
#pragma warning disable CA1001 // Whoever is given the stream ends it.
internal sealed class RemoteNode : IPeerOwner
#pragma warning restore CA1001
{
    /// <summary>
    /// A command hears of a node that is gone later than nodes do of each other: it has nothing to decide meanwhile.
    /// </summary>
    private static readonly TimeSpan SilenceTimeout = TimeSpan.FromSeconds(60);

    /// <summary>As nodes do unless <c>net_ticktime</c> is set: no node waits for less.</summary>
    private static readonly TimeSpan HeartbeatInterval = new LinkOptions().SilenceTimeout / 5;

    /// <summary>Of a machine whose own name no node could have.</summary>
    private static readonly NodeName Nameless =
        NodeName.TryParse("rabbitmqcli@localhost", out NodeName name) ? name : default;

    private LinkStream? _stream;

    public LocalState State => default;

    /// <summary>Null: it cannot be reached; why, and what to do, is in <paramref name="tried"/>.</summary>
    public static Stream? Connect(RemotePlace place, int? timeoutMs, List<string> tried)
    {
        // What was tried on this machine is no answer to a question about another.
        tried.Clear();
        if (place.ReadCookie() is not { } cookie)
        {
            tried.Add($"no cookie: none of {string.Join(", ", place.CookieFiles)} can be read");
            tried.Add("suggestion: copy .erlang.cookie of the node there, with mode 400");
            return null;
        }
        NodeName name = NodeName.TryParse(place.OwnName, out NodeName own) ? own : Nameless;
        var owner = new RemoteNode();
        var links = new PeerLinks(new PeerLinksSetup
        {
            Self = new PeerIdentity { Name = name },
            Cookie = cookie.Cookie,
            Options = new LinkOptions
            {
                SilenceTimeout = SilenceTimeout,
                HeartbeatInterval = HeartbeatInterval,
                HandshakeTimeout = TimeSpan.FromMilliseconds(Math.Clamp(timeoutMs ?? 0, 0, 5000) is > 0 and int ms
                    ? ms
                    : 5000),
            },
            Tls = PeerTlsSettings.Read(place.ConfigurationFiles),
            Network = new TcpPeerNetwork(TimeProvider.System, static _ => { }),
            Owner = owner,
            Time = TimeProvider.System,
            // There is no dial to be repeated.
            Random = new Random(0),
            Schedule = static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false),
        });
        links.Start();
        VisitOutcome outcome = links.VisitAsync(place.Address, LinkPurpose.Command).GetAwaiter().GetResult();
        if (outcome.Link is not null)
            return owner._stream;
        Explain(place, cookie.File, outcome.Refusal!, tried);
        return null;
    }

    public Refusal? Judge(PeerIdentity peer, LinkPurpose purpose) => null;

    public void LinkUp(PeerLink link) => _stream = new LinkStream(link, PeerFrameKind.FirstOfCommands);

    public void LinkDown(PeerLink link, string reason) => _stream!.End();

    public void FrameArrived(in PeerFrame frame) => _stream!.Receive(frame);

    public void HeartbeatArrived(PeerLink link, PeerHeartbeat heartbeat)
    {
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass) => _stream!.MoreRoom();

    public void Refused(string who, Refusal refusal)
    {
    }

    private static void Explain(RemotePlace place, string cookieFile, Refusal refusal, List<string> tried)
    {
        if (refusal.Code is RefusalCode.Unreachable or RefusalCode.TimedOut)
        {
            tried.Add($"unable to connect to the peer port {place.Address.Port} on {place.Address.Host}: "
                + refusal.Sentence);
            tried.Add("suggestion: check that the node runs, that its host name resolves, that no firewall closes the "
                + "port, and RABBITMQ_DIST_PORT if the node has another one");
            tried.Add("suggestion: check if inter-node connections may be configured to use TLS. "
                + "If so, all nodes and CLI tools must do that (warren.peer_tls in rabbitmq.conf)");
            return;
        }
        tried.Add($"connected to the peer port {place.Address.Port} on {place.Address.Host}");
        if (refusal.Code == RefusalCode.WrongCookie)
        {
            tried.Add(
                $"TCP connection succeeded but authentication failed: the node has another cookie than {cookieFile}");
            tried.Add("suggestion: check if the Erlang cookie is identical for all server nodes and CLI tools");
            return;
        }
        tried.Add($"TCP connection succeeded but the node did not take the command: {refusal.Sentence}");
        if (refusal.Code is RefusalCode.Malformed or RefusalCode.Tls)
        {
            tried.Add("suggestion: check if inter-node connections may be configured to use TLS. "
                + "If so, all nodes and CLI tools must do that (warren.peer_tls in rabbitmq.conf)");
        }
    }
}
