using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>A queue or exchange that one or more bindings lead to.</summary>
internal readonly struct Destination(Binding binding, int bindingCount) : IHashTrieEntry<Binding>
{
    /// <summary>Null for an exchange.</summary>
    public QueueDefinition? Queue { get; } = binding.Queue;

    public string Name { get; } = binding.Destination;

    /// <summary>How many bindings lead here; with the last of them the destination goes.</summary>
    public int BindingCount { get; } = bindingCount;

    public int Hash { get; } = HashOf(binding);

    public static int HashOf(Binding binding) =>
        NameHash.Of(binding.Destination) + (int)binding.DestinationKind;

    /// <summary>Whether the binding leads here.</summary>
    public bool Is(Binding key) =>
        key.DestinationKind == (Queue is null ? DestinationKind.Exchange : DestinationKind.Queue)
        && Name == key.Destination;
}
