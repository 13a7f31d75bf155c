using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// What a member must remember beside its entries (<see cref="HardStateFormat"/>). Durable before anything that was
/// answered because of it.
/// </summary>
public sealed record HardState
{
    /// <summary>The highest that the member has seen; never falls.</summary>
    public Term Term { get; init; }

    /// <summary>Whom it has given its vote in <see cref="Term"/>.</summary>
    public NodeId Vote { get; init; }

    /// <summary>
    /// How often the member has lost something of its log. Whoever counts what it acknowledged counts nothing from
    /// before the last loss.
    /// </summary>
    public long Losses { get; init; }

    /// <summary>Committed when this was written; more may be. A start may apply up to here at once.</summary>
    public LogIndex Commit { get; init; }

    /// <summary>
    /// Up to here there are only live entries; behind it every one, to the last. 0 or what was applied.
    /// </summary>
    public LogIndex CompactedIndex { get; init; }

    /// <summary>The term of the entry at <see cref="CompactedIndex"/>.</summary>
    public Term CompactedTerm { get; init; }

    /// <summary>The members as of <see cref="CompactedIndex"/>; later ones are in the entries behind it.</summary>
    public Membership Members { get; init; } = Membership.Empty;
}
