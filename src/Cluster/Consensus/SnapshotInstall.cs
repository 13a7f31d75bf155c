using Warren.Storage;

namespace Warren.Cluster.Consensus;

/// <summary>
/// The staged chunks, all of them, become what the group holds up to an index, in one step as seen by a crash; nothing
/// of what it held before stays.
/// </summary>
/// <param name="Index">What the staged live set is complete at; applying goes on behind it.</param>
/// <param name="Term">Of the entry there.</param>
public sealed record SnapshotInstall(LogIndex Index, Term Term);
