using System.Collections.Immutable;

namespace Warren.Broker.Delays;

/// <summary>A delayed message that is on its way to queues.</summary>
/// <param name="WeightBytes">What it counts until all of them have answered.</param>
/// <param name="Targets">Those of them that are on other nodes.</param>
/// <param name="Place">Where it has waited.</param>
internal sealed record Departure(int WeightBytes, ImmutableArray<DelayTarget> Targets, DelayPlace Place);
