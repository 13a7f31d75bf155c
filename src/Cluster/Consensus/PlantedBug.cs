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

    /// <summary>What rests on a write goes out before the node log has it on stable storage.</summary>
    MessageBeforeWrite,

    /// <summary>An entry that is live is released with those that are not.</summary>
    LiveEntryReleased,

    /// <summary>What a group held is not taken back before a snapshot is put in its place.</summary>
    TruncationNotWritten,

    /// <summary>A group from before there was consensus begins with nothing.</summary>
    OldEntriesDropped,

    /// <summary>A snapshot is put in place without a word that tells a start of the half of it.</summary>
    InstallNotNamed,

    /// <summary>Heartbeats are answered without a look at whom the member follows, and in which term.</summary>
    OldLeaderHeard,

    /// <summary>What is let go is released before the state record that says so.</summary>
    ReleasedBeforeState,

    /// <summary>A member rests on although it follows another, or in another term.</summary>
    RestUnderOldLeader,

    /// <summary>A member rests on although nothing comes of its leader's node.</summary>
    RestInSilence,

    /// <summary>Who leads no more goes on saying that a group is as it was.</summary>
    RestOfOldLeader,

    /// <summary>A frame of groups that rest is taken although one before it is missing.</summary>
    RestGapTaken,

    /// <summary>A group that was offered, and does not rest, is not named.</summary>
    RestRefusalNotNamed,

    /// <summary>An answer is taken although one before it, which named groups, is missing.</summary>
    RestNamesNotCounted,

    /// <summary>A group that was named is not let go: it may have been offered again meanwhile.</summary>
    RestNamedNotLetGo,

    /// <summary>What was offered counts as resting before an answer says so.</summary>
    RestNotConfirmed,

    /// <summary>A group ends at a node, and nobody hears of it.</summary>
    RestRemovedSilently,

    /// <summary>All epochs are the same, so that frames and answers of one that is over are taken.</summary>
    RestEpochRepeated,

    /// <summary>A snapshot goes on coming in although the log has grown where its entries lie.</summary>
    SnapshotNotInterrupted,

    /// <summary>What came in of a snapshot stays where it is when the snapshot is given up.</summary>
    StagedNotDropped,

    /// <summary>A leader does not say which entries have ended since they went out.</summary>
    GoneNotTold,
}
