using System.Collections.Immutable;
using Warren.Amqp;

namespace Warren.Broker.Topology;

/// <summary>
/// All vhosts at one moment, and what belongs to none of them. Immutable; the turn that applies definitions publishes
/// the next one with one reference write, and everybody else reads whichever they find.
/// </summary>
public sealed class TopologySnapshot
{
    private TopologySnapshot(
        NameMap<Vhost> vhosts, ImmutableSortedDictionary<string, FieldValue> globalParameters, long version)
    {
        Vhosts = vhosts;
        GlobalParameters = globalParameters;
        Version = version;
    }

    public static TopologySnapshot Empty { get; } = new(
        NameMap<Vhost>.Empty, ImmutableSortedDictionary.Create<string, FieldValue>(StringComparer.Ordinal), 0);

    public NameMap<Vhost> Vhosts { get; }

    /// <summary>Such as cluster_name.</summary>
    public ImmutableSortedDictionary<string, FieldValue> GlobalParameters { get; }

    /// <summary>Grows by one with every change: what was worked out on another version may be stale.</summary>
    public long Version { get; }

    /// <summary>Adds a vhost, or puts it in the place of the one with its name.</summary>
    public TopologySnapshot With(Vhost vhost) =>
        new(Vhosts.With(vhost.Name, vhost), GlobalParameters, Version + 1);

    /// <summary>The same snapshot when there is no such vhost.</summary>
    public TopologySnapshot Without(ReadOnlySpan<char> name)
    {
        NameMap<Vhost> vhosts = Vhosts.Without(name);
        return ReferenceEquals(vhosts, Vhosts) ? this : new(vhosts, GlobalParameters, Version + 1);
    }

    /// <summary>Sets a global parameter, or removes it where the value is null.</summary>
    public TopologySnapshot WithGlobalParameter(string name, FieldValue? value) => new(
        Vhosts,
        value is { } set ? GlobalParameters.SetItem(name, set) : GlobalParameters.Remove(name),
        Version + 1);
}
