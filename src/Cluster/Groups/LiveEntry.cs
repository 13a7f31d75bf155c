using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>Where a live entry lies.</summary>
/// <param name="Index">Its place in the group.</param>
/// <param name="Position">On this node's disk.</param>
/// <param name="PayloadBytes">Meta and body.</param>
public readonly record struct LiveEntry(LogIndex Index, Position Position, int PayloadBytes);
