using Warren.Cluster.Incidents;
using Warren.Storage.Disk;

namespace Warren.Server;

/// <summary>What a node takes from the machine beside its options; tests bring their own.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Random">Where all randomness that is no secret comes from.</param>
/// <param name="EndProcess">
/// Ends the process at once, with an exit code that is not 0, for the reason in the sentence. Called on the log's
/// thread when a write or a sync has failed: who would go on could promise what is not kept.
/// </param>
public sealed record NodeSeams(TimeProvider Time, Random Random, Action<string> EndProcess)
{
    /// <summary>Opens the disk that holds a data directory, given by its path.</summary>
    public Func<string, IDisk> OpenDisk { get; init; } = static directory => new FileDisk(directory);

    /// <summary>Where what is lost, refused or damaged is kept; the process's <see cref="NodeHost"/> sets it.</summary>
    public IncidentSink Incidents { get; init; } = static _ => { };
}
