using System.Collections.Immutable;

namespace Warren.Broker.Queues.Replicated;

/// <summary>A delayed message that is on its way.</summary>
/// <param name="Number">
/// The queues that it goes to take no message of a number that they have taken, or of one below.
/// </param>
/// <param name="Queues">Where to, by their ids.</param>
internal readonly record struct MessageDeparture(long Number, ImmutableArray<long> Queues);
