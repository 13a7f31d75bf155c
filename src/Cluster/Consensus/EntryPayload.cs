namespace Warren.Cluster.Consensus;

/// <summary>
/// What an owner proposes. Neither part may change until the entry has left memory.
/// </summary>
/// <param name="Meta">At most 65,535 bytes; the first, if any, is not 0: such are the entries of consensus
/// itself.</param>
/// <param name="Body">Whatever follows.</param>
public readonly record struct EntryPayload(ReadOnlyMemory<byte> Meta, ReadOnlyMemory<byte> Body);
