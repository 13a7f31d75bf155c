using Warren.Amqp;
using Warren.Broker.Queues;

namespace Warren.Broker.Topology;

/// <summary>
/// A rule from an exchange to a queue or another exchange of its vhost. Immutable; two are equal when all five parts
/// are (arguments in any order), and equal bindings are one binding.
/// </summary>
public sealed class Binding : IEquatable<Binding>, IHashTrieEntry<Binding>
{
    private readonly int _hash;

    /// <param name="source">The exchange's name; empty for the default exchange's implicit bindings.</param>
    /// <param name="destinationKind">What <paramref name="destination"/> names.</param>
    /// <param name="destination">A queue's or an exchange's name.</param>
    /// <param name="routingKey">The binding key, at most 255 bytes of UTF-8.</param>
    /// <param name="arguments">Copied and sorted by name, as RabbitMQ lists them; null is none.</param>
    public Binding(
        string source,
        DestinationKind destinationKind,
        string destination,
        string routingKey,
        FieldTable? arguments = null)
    {
        Source = source;
        DestinationKind = destinationKind;
        Destination = destination;
        RoutingKey = routingKey;
        Arguments = arguments is null || arguments.Count == 0 ? FieldTable.Empty : Sorted(arguments);
        _hash = HashOf();
    }

    private Binding(Binding other, QueueDefinition? queue)
    {
        Source = other.Source;
        DestinationKind = other.DestinationKind;
        Destination = other.Destination;
        RoutingKey = other.RoutingKey;
        Arguments = other.Arguments;
        _hash = other._hash;
        Queue = queue;
    }

    public string Source { get; }

    public DestinationKind DestinationKind { get; }

    public string Destination { get; }

    public string RoutingKey { get; }

    /// <summary>Sorted by name. Not to be changed.</summary>
    public FieldTable Arguments { get; }

    int IHashTrieEntry<Binding>.Hash => _hash;

    /// <summary>The queue it ends at, once it is part of a vhost. No part of its identity.</summary>
    internal QueueDefinition? Queue { get; }

    public bool Equals(Binding? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && _hash == other._hash
            && DestinationKind == other.DestinationKind
            && Source == other.Source
            && Destination == other.Destination
            && RoutingKey == other.RoutingKey
            && Arguments.Equals(other.Arguments));

    public override bool Equals(object? obj) => Equals(obj as Binding);

    public override int GetHashCode() => _hash;

    public override string ToString() =>
        $"{Source} -> {DestinationKind} {Destination} ({RoutingKey}) {Arguments}";

    bool IHashTrieEntry<Binding>.Is(Binding key) => Equals(key);

    internal Binding WithQueue(QueueDefinition? queue) => new(this, queue);

    private static FieldTable Sorted(FieldTable arguments)
    {
        var sorted = new FieldTable();
        foreach ((string name, FieldValue value) in arguments.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            sorted.Add(name, value);
        return sorted;
    }

    // By our own hash alone, so that bindings are enumerated in the same order wherever the seed is the same.
    private int HashOf()
    {
        uint hash = (uint)DestinationKind;
        hash = (hash * 31) + (uint)NameHash.Of(Source);
        hash = (hash * 31) + (uint)NameHash.Of(Destination);
        hash = (hash * 31) + (uint)NameHash.Of(RoutingKey);
        foreach ((string name, FieldValue value) in Arguments.AsSpan())
            hash += (uint)NameHash.Of(name) ^ ((uint)HashOf(value) * 31);
        return (int)hash;
    }

    // Tables are equal in any order of their entries, which their text does not know.
    private static int HashOf(FieldValue value) =>
        value.Kind is FieldKind.Table or FieldKind.Array ? (int)value.Kind : NameHash.Of(value.ToString());
}
