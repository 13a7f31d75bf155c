namespace Warren.Broker;

/// <summary>What became of the replicated queues that a node led when it was told to hand them over.</summary>
/// <param name="Led">Queues that it led.</param>
/// <param name="Kept">Of these, those that nobody has taken over in time.</param>
public readonly record struct HandedOver(int Led, int Kept);
