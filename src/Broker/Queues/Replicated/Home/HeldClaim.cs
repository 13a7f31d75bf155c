using Warren.Broker.Connections;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What a client of some node has said to hold of a queue that has another leader now.</summary>
/// <param name="Consumer">
/// Who holds it; null: gets, and consumers that are no more. It may have been refused, and is not attached then.
/// </param>
/// <param name="Positions">Of the messages, in their order.</param>
/// <param name="Outbox">The visit's: of whose node the client is.</param>
internal sealed record HeldClaim(Consumer? Consumer, long[] Positions, Outbox Outbox);
