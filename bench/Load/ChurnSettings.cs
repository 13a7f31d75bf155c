namespace Warren.Load;

/// <summary>What one connection declares and deletes.</summary>
/// <param name="Prefix">Of its queues' names.</param>
/// <param name="Flags">Those of queue.declare: 2 is durable, 4 exclusive.</param>
internal sealed record ChurnSettings(string Prefix, int Flags);
