namespace Warren.Broker.Definitions;

/// <summary>
/// The log holds an entry of the definitions that this node cannot read, so it must not start: it would serve without
/// what the entry makes. The message names the entry and what is wrong with it.
/// </summary>
public sealed class UnreadableDefinitionException(long index, string problem, Exception cause) : Exception(
    $"definitions entry {index} of the node log {problem}. Start the directory with the version of Warren that wrote "
    + "it, or a newer one.", cause)
{
    /// <summary>The entry's index in the group of the definitions.</summary>
    public long Index { get; } = index;
}
