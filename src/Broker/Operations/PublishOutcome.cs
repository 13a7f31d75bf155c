namespace Warren.Broker.Operations;

/// <summary>What became of an operator's publishes.</summary>
/// <param name="Confirmed">Taken by every queue they were routed to, and safe if they are persistent.</param>
/// <param name="Unroutable">Routed nowhere.</param>
/// <param name="Refused">
/// A queue did not take them: it is full, or its home node is away; or nobody can say where they would go.
/// </param>
/// <param name="AwayText">
/// What a client would be told of the queue whose home node is away, or why it cannot be said where they would go;
/// null: neither is so.
/// </param>
public sealed record PublishOutcome(long Confirmed, long Unroutable, long Refused, string? AwayText);
