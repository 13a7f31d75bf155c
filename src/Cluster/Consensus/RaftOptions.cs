namespace Warren.Cluster.Consensus;

/// <summary>Limits and times of a group; the same for all groups of a node.</summary>
public sealed record RaftOptions
{
    /// <summary>
    /// Ticks without a word of the leader until a follower may campaign; each wait is drawn from this to twice as much.
    /// A leader that has not heard a majority for as long gives up. Ten of 100 ms: four batched heartbeats of 250 ms.
    /// </summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>
    /// Ticks that a follower waits at least, after its link with the leader was lost, before it campaigns: a new link
    /// takes 300 ms at most when the leader lives, and what it says by another member comes every 250.
    /// </summary>
    public int ReconnectTicks { get; init; } = 4;

    /// <summary>
    /// Batches of heartbeats in which the line of a group to a member has been the same before the group rests with it:
    /// what works now and then does not.
    /// </summary>
    public int BeatsUntilRest { get; init; } = 5;

    /// <summary>
    /// The only member leads before its vote is durable: what it appends is behind its vote in the node log, so that a
    /// crash leaves both or the vote alone. For an owner whose start cannot wait for a sync.
    /// </summary>
    public bool LeadsAtOnceAlone { get; init; }

    /// <summary>Ticks until a read barrier that nobody answers fails.</summary>
    public int BarrierTicks { get; init; } = 30;

    /// <summary>
    /// Bytes of entries in one append, unless one entry is larger: what a frame of a link holds, so that it need not be
    /// put together from pieces, nor becomes a large object of the runtime's.
    /// </summary>
    public int AppendBytes { get; init; } = 60 * 1024;

    /// <summary>
    /// The same to a member that is so far behind that what it lacks is read from the disk: in a class of its own on
    /// the link, so that no heartbeat waits for it.
    /// </summary>
    public int LaggingAppendBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// A chunk of a snapshot is closed beyond this many bytes of entries, unless one is larger. One is on its way at a
    /// time, so that what a round trip costs is spread over more than an append's bytes.
    /// </summary>
    public int SnapshotChunkBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of entries sent to one follower and not acknowledged: a gigabit for 30 ms.</summary>
    public int InflightBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Appends sent to one follower and not acknowledged.</summary>
    public int InflightAppends { get; init; } = 256;

    /// <summary>Bytes that a leader takes ahead of what is committed; more is refused.</summary>
    public long UncommittedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Bytes of payloads kept in memory; older ones are read from the node log when a follower wants them.
    /// </summary>
    public long PayloadBytes { get; init; } = 1024 * 1024;

    /// <summary>Members that vote: beyond seven every commit waits for more nodes than anybody loses.</summary>
    public int Voters { get; init; } = 7;
}
