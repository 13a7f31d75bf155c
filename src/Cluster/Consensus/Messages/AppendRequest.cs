using System.Collections.Immutable;
using Warren.Storage;

namespace Warren.Cluster.Consensus.Messages;

/// <summary>
/// Entries that follow one (thesis, section 3.5). Where an entry is not in memory the owner reads it from the node log
/// before it sends; if the log no longer has it in that term, the message is dropped.
/// </summary>
public sealed record AppendRequest(Term Term) : RaftMessage(Term)
{
    public required LogIndex PreviousIndex { get; init; }

    public required Term PreviousTerm { get; init; }

    /// <summary>The leader's; may lie behind the entries.</summary>
    public required LogIndex Commit { get; init; }

    /// <summary>
    /// Without a gap from the one behind <see cref="PreviousIndex"/>. None: asks, or tells the commit.
    /// </summary>
    public ImmutableArray<RaftEntry> Entries { get; init; } = [];
}
