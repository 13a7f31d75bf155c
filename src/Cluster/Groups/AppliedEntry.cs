using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>An entry of the owner's, in its turn.</summary>
/// <param name="Index">Its place in the group.</param>
/// <param name="Term">Of the leader that made it.</param>
/// <param name="Position">Where it lies, or will, on this node's disk.</param>
/// <param name="Meta">As it was proposed.</param>
/// <param name="Body">As it was proposed.</param>
public readonly record struct AppliedEntry(
    LogIndex Index, Term Term, Position Position, ReadOnlyMemory<byte> Meta, ReadOnlyMemory<byte> Body);
