using System.Collections.Immutable;
using Warren.Broker.Messages;
using Warren.Broker.Queues;

namespace Warren.Broker.Delays;

/// <summary>A message that goes to queues when it is committed that it does.</summary>
/// <param name="Position">Where it is kept.</param>
/// <param name="Number">What the queues know it by.</param>
/// <param name="Message">Holds one reference.</param>
/// <param name="Queues">Where to.</param>
/// <param name="Departure">What it counts until they have answered.</param>
internal readonly record struct LoggedDeparture(
    long Position, long Number, Message Message, ImmutableArray<QueueDefinition> Queues, Departure Departure);
