using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// What a crash leaves whole or not at all: a record, or a snapshot with the state that names it.
/// </summary>
internal sealed record StoredWrite
{
    /// <summary>The Ready that wanted it.</summary>
    public required long Number { get; init; }

    public SnapshotInstall? Install { get; init; }

    public LogIndex TruncateFrom { get; init; }

    public IReadOnlyList<RaftEntry> Entries { get; init; } = [];

    public HardState? State { get; init; }

    /// <summary>The machine as of the state's compacted index.</summary>
    public AppliedState Applied { get; init; }

    public bool BecameSound { get; init; }

    /// <summary>When it is durable.</summary>
    public required long DurableAt { get; init; }

    public static IEnumerable<StoredWrite> Of(Ready ready, AppliedState applied, long durableAt)
    {
        var whole = new StoredWrite { Number = ready.Number, DurableAt = durableAt };
        if (ready.Install is not null)
        {
            yield return whole with
            {
                Install = ready.Install,
                TruncateFrom = ready.TruncateFrom,
                Entries = [.. ready.Entries],
                State = ready.State,
                Applied = applied,
                BecameSound = ready.BecameSound,
            };
            yield break;
        }
        if (ready.TruncateFrom.Value > 0)
            yield return whole with { TruncateFrom = ready.TruncateFrom };
        foreach (RaftEntry entry in ready.Entries)
            yield return whole with { Entries = [entry] };
        if (ready.State is not null)
            yield return whole with { State = ready.State, Applied = applied };
        if (ready.BecameSound)
            yield return whole with { BecameSound = true };
    }
}
