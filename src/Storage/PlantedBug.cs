namespace Warren.Storage;

/// <summary>
/// Mistakes that the simulation must find: if it does not, it proves nothing. Only a test plants one, for its own
/// thread.
/// </summary>
internal enum PlantedBug
{
    None,

    /// <summary>Owners are told before the sync.</summary>
    ConfirmBeforeSync,

    /// <summary>The name of a new segment is not made durable.</summary>
    DirectoryNotSynced,

    /// <summary>A torn round passes for a whole one.</summary>
    ChecksumSkipped,

    /// <summary>A release or truncation goes before what it overrules.</summary>
    OverrulingReclaimedEarly,

    /// <summary>Copies are read after the log, where they lie, and not where their LSNs are.</summary>
    SurvivorReadAsNewer,

    /// <summary>What an earlier use of a file left in it passes for the present use's.</summary>
    StaleRecordsAccepted,

    /// <summary>A checkpoint relies on copies that the roster does not name yet.</summary>
    CheckpointBeforeRoster,

    /// <summary>The tail that was read is not made durable before it is told.</summary>
    TailNotSynced,

    /// <summary>The mark of an unsound group goes with its segment.</summary>
    MarkReclaimed,

    /// <summary>A checkpoint leaves out what is lost before the mark that says so is durable.</summary>
    CheckpointBeforeMarks,

    /// <summary>The file in which the log ends may be shorter than it was made.</summary>
    CutTakenForTorn,
}
