using Warren.Cluster.Incidents;
using Warren.Storage;
using Warren.Storage.Disk;

namespace Warren.Broker.Durability;

/// <summary>What a broker needs to keep what is durable.</summary>
/// <param name="Disk">The node's data directory; of this broker alone.</param>
/// <param name="Options">Sizes of the log.</param>
/// <param name="Watcher">Told of damage, of space that is exhausted, of the log's failure.</param>
/// <param name="Wake">
/// Called, on any thread and under a lock, when the log has something to commit and had nothing before: whoever made
/// the broker runs <see cref="NodeLog.CommitRound"/>.
/// </param>
/// <param name="Scarce">
/// Called, on any thread, when free space is below its limit, and when it is not any more: whoever runs the log then
/// gives back soon what it can.
/// </param>
/// <param name="RoundAge">
/// Says, on any thread, how long the log has been at the round that is being written and synced, or finds no space;
/// zero: it is at none. Null: nobody knows.
/// </param>
public sealed record StorageSetup(
    IDisk Disk, NodeLogOptions Options, IStorageWatcher Watcher, Action Wake, Action<bool>? Scarce = null,
    Func<TimeSpan>? RoundAge = null)
{
    /// <summary>Where what is lost, refused or damaged is kept.</summary>
    public IncidentSink Incidents { get; init; } = static _ => { };
}
