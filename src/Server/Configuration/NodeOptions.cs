using System.Collections.Immutable;
using Warren.Broker;

namespace Warren.Server.Configuration;

/// <summary>
/// All that a node is told at its start, from files, environment and defaults. Made once by
/// <see cref="NodeConfiguration.Load"/>; nothing reads configuration after that.
/// </summary>
public sealed record NodeOptions
{
    /// <summary>What the broker needs to know.</summary>
    public required BrokerOptions Broker { get; init; }

    /// <summary>Name, directories and files of the node.</summary>
    public required NodePlaces Places { get; init; }

    /// <summary>Where AMQP is served; may be empty (<c>listeners.tcp = none</c>).</summary>
    public required ImmutableArray<ListenerOptions> Listeners { get; init; }

    /// <summary>Certificates and rules of the TLS listeners; null when no listener needs them.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Socket options of all AMQP listeners.</summary>
    public TcpOptions Tcp { get; init; } = new();

    /// <summary>Whether connections start with a PROXY header, and from whom it is believed.</summary>
    public ProxyProtocolOptions ProxyProtocol { get; init; } = new();

    /// <summary>How other nodes are met.</summary>
    public PeerOptions Peers { get; init; } = new();

    /// <summary>What the node does for clients while it reaches no majority.</summary>
    public PartitionOptions Partitions { get; init; } = new();

    /// <summary>Where log lines go, and which.</summary>
    public required LogOptions Log { get; init; }

    /// <summary>Whom a blank node is to form a cluster with; null: nobody, it founds one of its own.</summary>
    public DiscoveryOptions? Discovery { get; init; }

    /// <summary>Names from <c>enabled_plugins</c> or <c>RABBITMQ_ENABLED_PLUGINS</c>, as written.</summary>
    public ImmutableArray<string> EnabledPlugins { get; init; } = [];

    /// <summary>The configuration files that were read, in order.</summary>
    public ImmutableArray<string> ConfigurationFiles { get; init; } = [];

    /// <summary>What the operator should hear at start.</summary>
    public ImmutableArray<ConfigurationNote> Notes { get; init; } = [];
}
