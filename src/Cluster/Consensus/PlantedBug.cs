namespace Warren.Cluster.Consensus;

/// <summary>
/// Mistakes that the simulation must find: if it does not, it proves nothing. Only a test plants one, for its own
/// thread.
/// </summary>
internal enum PlantedBug
{
    None,

    /// <summary>A vote is answered before it is durable.</summary>
    VoteNotSynced,

    /// <summary>A candidate asks for votes before its own, and the log that it boasts of, are durable.</summary>
    CandidacyNotSynced,

    /// <summary>A follower acknowledges entries before they are durable.</summary>
    AcknowledgedBeforeSync,

    /// <summary>A leader counts its own copy before it is durable.</summary>
    OwnCopyCountedBeforeSync,

    /// <summary>An entry of an older term is committed because a majority has it (thesis, figure 3.7).</summary>
    OldTermCommittedByCount,

    /// <summary>A learner's copy counts.</summary>
    LearnerCounted,

    /// <summary>Members change before the leader has committed an entry of its own term.</summary>
    ChangeBeforeOwnCommit,

    /// <summary>Members change while the last change is not committed.</summary>
    TwoChangesAtOnce,

    /// <summary>A vote is given whatever the candidate's log holds.</summary>
    LogNotCompared,

    /// <summary>A pre-vote that was given for an earlier term counts for this one's, as does one as a vote.</summary>
    VoteTermNotChecked,

    /// <summary>A read barrier is answered without asking the others.</summary>
    BarrierWithoutRound,

    /// <summary>A read barrier is answered before an entry of the leader's own term is committed.</summary>
    BarrierBeforeOwnCommit,

    /// <summary>A heartbeat tells the leader's commit index whatever the follower has.</summary>
    CommitBeyondMatch,

    /// <summary>A damaged chunk of a snapshot is taken.</summary>
    ChunkNotChecked,

    /// <summary>An unsound member votes.</summary>
    UnsoundVotes,

    /// <summary>What a member acknowledged before it lost its log counts behind that, and so does a snapshot.</summary>
    LossesNotCompared,

    /// <summary>A snapshot is acknowledged before it is durable.</summary>
    SnapshotNotSynced,

    /// <summary>A snapshot goes on where another leader's ended.</summary>
    SnapshotResumed,
}
