namespace Warren.Broker.Queues.Replicated;

/// <summary>What the log says of a queue's time.</summary>
/// <param name="Term">Of the leader that has written it.</param>
/// <param name="TimeMs">The queue's time when it was written.</param>
/// <param name="WallAheadMs">
/// By how much the wall clocks of the members were ahead of that, as its leader saw them: what bridges a time when no
/// member runs. Null: it never saw those of a majority.
/// </param>
internal readonly record struct LoggedTime(long Term, long TimeMs, long? WallAheadMs);
