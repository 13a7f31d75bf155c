namespace Warren.Broker.Queues.Replicated;

/// <summary>What several wall clocks show, less a monotonic time, ms.</summary>
/// <param name="LowerMs">In the middle; of an even number the lower one.</param>
/// <param name="UpperMs">In the middle; of an even number the higher one.</param>
/// <param name="Clocks">How many they are.</param>
/// <param name="ApartMs">From the lowest to the highest.</param>
internal readonly record struct WallMedian(long LowerMs, long UpperMs, int Clocks, long ApartMs);
