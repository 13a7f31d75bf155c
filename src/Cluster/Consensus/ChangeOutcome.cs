namespace Warren.Cluster.Consensus;

/// <summary>What became of a wish to change the members.</summary>
public enum ChangeOutcome
{
    /// <summary>In the log and in force; done when committed.</summary>
    Proposed,

    /// <summary>It is so already.</summary>
    AlreadySo,

    NotLeader,

    /// <summary>The leader has not committed an entry of its own term; again in a moment.</summary>
    TooEarly,

    /// <summary>Another change, or a transfer of leadership, is under way.</summary>
    Busy,

    /// <summary>
    /// The learner lacks entries that are committed, or is not heard from; or too many of those who would be left are
    /// not, or are unsound.
    /// </summary>
    NotCaughtUp,

    /// <summary>There is no such member.</summary>
    Unknown,

    /// <summary>It is the last voter, or there are as many members as there may be.</summary>
    Impossible,
}
