using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>What a member begins with: nothing, or what recovery found.</summary>
public sealed record RaftStart
{
    public required NodeId Self { get; init; }

    /// <summary>
    /// The last that was written. Of a founder: index 0 and the founding members, the same at each. Of one that joins:
    /// empty, and it waits for a leader.
    /// </summary>
    public required HardState State { get; init; }

    /// <summary>The entries behind the compacted index, by index, without a gap.</summary>
    public IReadOnlyList<RaftEntry> Entries { get; init; } = [];

    /// <summary>
    /// Something of the group is lost here, or may be. The member keeps out of every count until a leader has brought
    /// it the whole.
    /// </summary>
    public bool IsUnsound { get; init; }

    /// <summary>
    /// It is unsound since just now, while the node runs: a start after a crash may not find that again.
    /// </summary>
    internal bool IsLostNow { get; private init; }

    /// <summary>
    /// The member goes on as the only one, with the log that it has, whoever the others were and whatever they have: an
    /// operator's word, against the rules of consensus. What only they had is lost; that they never come back as
    /// members of this group is the caller's to see to.
    /// </summary>
    public bool BeginsAlone { get; init; }

    /// <summary>A member that goes on as one that is unsound, with the state that it has.</summary>
    internal static RaftStart LostNow(NodeId self, HardState state) =>
        new() { Self = self, State = state, IsUnsound = true, IsLostNow = true };
}
