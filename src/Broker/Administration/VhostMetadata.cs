using System.Collections.Immutable;

namespace Warren.Broker.Administration;

/// <summary>What is to be changed of a vhost; null leaves it as it is.</summary>
public sealed record VhostMetadata
{
    public string? Description { get; init; }

    public ImmutableArray<string>? Tags { get; init; }

    /// <summary>classic, quorum or stream.</summary>
    public string? DefaultQueueType { get; init; }
}
