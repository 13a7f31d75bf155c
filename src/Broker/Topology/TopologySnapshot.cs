namespace Warren.Broker.Topology;

/// <summary>
/// All vhosts of the node at one moment. Immutable; the turn that applies definitions publishes the next one with one
/// reference write, and everybody else reads whichever they find.
/// </summary>
public sealed class TopologySnapshot
{
    private TopologySnapshot(NameMap<Vhost> vhosts, long version)
    {
        Vhosts = vhosts;
        Version = version;
    }

    public static TopologySnapshot Empty { get; } = new(NameMap<Vhost>.Empty, 0);

    public NameMap<Vhost> Vhosts { get; }

    /// <summary>Grows by one with every change: what was worked out on another version may be stale.</summary>
    public long Version { get; }

    /// <summary>Adds a vhost, or puts it in the place of the one with its name.</summary>
    public TopologySnapshot With(Vhost vhost) => new(Vhosts.With(vhost.Name, vhost), Version + 1);

    /// <summary>The same snapshot when there is no such vhost.</summary>
    public TopologySnapshot Without(ReadOnlySpan<char> name)
    {
        NameMap<Vhost> vhosts = Vhosts.Without(name);
        return ReferenceEquals(vhosts, Vhosts) ? this : new(vhosts, Version + 1);
    }
}
