namespace Warren.Broker.Operations;

/// <summary>What became of an operator's publishes.</summary>
/// <param name="Confirmed">Taken by every queue they were routed to, and safe if they are persistent.</param>
/// <param name="Unroutable">Routed nowhere.</param>
/// <param name="Refused">A full queue did not take them.</param>
public sealed record PublishOutcome(long Confirmed, long Unroutable, long Refused);
