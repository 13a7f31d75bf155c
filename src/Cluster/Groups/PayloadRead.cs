using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// Payloads of a group's entries that are to be read from the node log. Its owner has it run by somebody who may wait
/// for a disk, and brings it back to the group.
/// </summary>
public sealed class PayloadRead
{
    private readonly GroupId _group;
    private readonly List<LiveEntry> _wanted;
    private readonly List<RaftEntry> _entries = [];

    internal PayloadRead(GroupId group, List<LiveEntry> wanted)
    {
        _group = group;
        _wanted = wanted;
    }

    /// <summary>What was read, by rising index: all that was wanted, unless something could not be.</summary>
    internal IReadOnlyList<RaftEntry> Entries => _entries;

    internal IReadOnlyList<LiveEntry> Wanted => _wanted;

    /// <summary>What became of the first that could not be read.</summary>
    internal ReadOutcome Outcome { get; private set; }

    /// <summary>That one; only if something could not be read.</summary>
    internal UnreadableEntry Unreadable => new(_wanted[_entries.Count].Index, Outcome);

    /// <summary>Reads. On any thread, which waits for the disk.</summary>
    public void Run(EntryReader reader)
    {
        foreach (LiveEntry wanted in _wanted)
        {
            Outcome = reader.Read(
                _group, wanted.Index, wanted.Position, EntryReader.EntryOverheadBytes + wanted.PayloadBytes,
                out Term term, out ReadOnlySpan<byte> meta, out ReadOnlySpan<byte> body);
            if (Outcome != ReadOutcome.Whole)
                return;
            byte[] payload = new byte[meta.Length + body.Length];
            meta.CopyTo(payload);
            body.CopyTo(payload.AsSpan(meta.Length));
            _entries.Add(new RaftEntry
            {
                Index = wanted.Index,
                Term = term,
                Kind = EntryKind.Payload,
                Meta = payload.AsMemory(0, meta.Length),
                Body = payload.AsMemory(meta.Length),
                PayloadBytes = payload.Length,
            });
        }
    }
}
