namespace Warren.Storage.Tests.Simulation;

/// <summary>What a start has to go by, beside the log.</summary>
internal enum Expectation
{
    /// <summary>A whole checkpoint, or all of the log: everything comes back as it was.</summary>
    Exact,

    /// <summary>
    /// The log alone, after reclaim has taken what no start with a checkpoint needs: every live entry and every state
    /// comes back and no other, but a group without either may be missing, and last indexes may be lower.
    /// </summary>
    LogAlone,
}
