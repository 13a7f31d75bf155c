using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Links;

namespace Warren.Server.Configuration;

/// <summary>How the node meets other nodes, and the commands of other hosts.</summary>
public sealed record PeerOptions
{
    /// <summary>
    /// <c>distribution.listener.interface</c>: an address of this machine or a name of one; empty: all.
    /// </summary>
    public string Interface { get; init; } = "";

    /// <summary>
    /// The first port that is tried: <c>RABBITMQ_DIST_PORT</c>, else <c>distribution.listener.port_range.min</c>, else
    /// the AMQP port and 20000. 0: one that the system chooses.
    /// </summary>
    public int LowestPort { get; init; }

    /// <summary>The last: <c>distribution.listener.port_range.max</c>.</summary>
    public int HighestPort { get; init; }

    /// <summary>Where a node of another host listens, unless something else is said of it.</summary>
    public int UsualPort { get; init; } = ListenerOptions.DefaultPort + PeerAddress.PortOffset;

    /// <summary><c>warren.peer_addresses</c>: nodes that are found elsewhere than their name says.</summary>
    public ImmutableDictionary<NodeName, PeerAddress> Addresses { get; init; } =
        ImmutableDictionary<NodeName, PeerAddress>.Empty;

    /// <summary><c>warren.peer_tls</c>; null: plain TCP.</summary>
    public PeerTlsOptions? Tls { get; init; }

    /// <summary>
    /// <c>net_ticktime</c>: how long another node may be silent before it counts as gone. Unlike in RabbitMQ a second
    /// unless set: heartbeats come five times as often, and a queue's next leader is chosen when it is over.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = new LinkOptions().SilenceTimeout;

    /// <summary>
    /// Where the nodes of one machine tell each other their ports (<see cref="Cluster.LocalRegistry"/>), all read, the
    /// first that can be written written to.
    /// </summary>
    public ImmutableArray<string> RunDirectories { get; init; } = [];
}
