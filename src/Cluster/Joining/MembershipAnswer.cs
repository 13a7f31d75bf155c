using System.Collections.Immutable;

namespace Warren.Cluster.Joining;

/// <summary>What a member says to a <see cref="MembershipRequest"/>.</summary>
public sealed record MembershipAnswer
{
    public required MembershipOutcome Outcome { get; init; }

    /// <summary>For the operator of the node that asked; empty if it was done.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The cluster that the member is in.</summary>
    public ClusterId Cluster { get; init; }

    public long Generation { get; init; }

    /// <summary>All members, the new one among them.</summary>
    public ImmutableArray<MemberRecord> Members { get; init; } = [];

    /// <summary>Not done, and why.</summary>
    public static MembershipAnswer Refused(MembershipOutcome outcome, string reason) =>
        new() { Outcome = outcome, Reason = reason };
}
