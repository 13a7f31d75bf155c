namespace Warren.Broker.Topology;

/// <summary>What a binding ends at.</summary>
public enum DestinationKind
{
    Queue,
    Exchange,
}
