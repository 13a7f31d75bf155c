using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// The staged chunks, all of them, become what the group holds up to an index: in one step, as seen by a crash.
/// </summary>
/// <param name="Index">What the staged live set is complete at; applying goes on behind it.</param>
/// <param name="Term">Of the entry there.</param>
/// <param name="IsTailKept">Entries behind the index stay; else nothing does.</param>
public sealed record SnapshotInstall(LogIndex Index, Term Term, bool IsTailKept);
