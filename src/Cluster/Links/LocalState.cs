namespace Warren.Cluster.Links;

/// <summary>What this node's heartbeats tell of it, asked for at each.</summary>
/// <param name="LeadershipEpoch">Rises when the node's leaderships change.</param>
/// <param name="DurableLsn">The node log's last durable LSN.</param>
/// <param name="OldestSyncAge">How long the oldest unfinished sync has been under way; zero: none is.</param>
public readonly record struct LocalState(long LeadershipEpoch, long DurableLsn, TimeSpan OldestSyncAge);
