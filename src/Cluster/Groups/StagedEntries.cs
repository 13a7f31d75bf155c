using Warren.Cluster.Consensus;
using Warren.Storage;

namespace Warren.Cluster.Groups;

/// <summary>
/// A snapshot's entries, with all that they hold, for an owner whose live set is in memory anyway: it forgets what it
/// has and gets them when all are there.
/// </summary>
internal sealed class StagedEntries(RaftGroupOwner owner) : StagedMachine
{
    private readonly SortedDictionary<long, (RaftEntry Entry, Position Position)> _entries = [];

    public override void Restore(in RestoredEntry entry)
    {
        byte[] meta = entry.Meta.ToArray();
        ReadOnlyMemory<byte> body = entry.Body!.Value;
        var kept = new RaftEntry
        {
            Index = entry.Index,
            Term = entry.Term,
            Kind = EntryKind.Payload,
            Meta = meta,
            Body = body,
            PayloadBytes = meta.Length + body.Length,
        };
        _entries.Add(entry.Index.Value, (kept, entry.Position));
    }

    public override void Remove(LogIndex index) => _entries.Remove(index.Value);

    public override void Moved(IReadOnlyList<MovedEntry> entries)
    {
        foreach (MovedEntry moved in entries)
        {
            if (_entries.TryGetValue(moved.Index.Value, out (RaftEntry Entry, Position Position) kept)
                && kept.Position == moved.From)
                _entries[moved.Index.Value] = (kept.Entry, moved.To);
        }
    }

    public override void Install()
    {
        owner.Reset();
        foreach ((RaftEntry entry, Position position) in _entries.Values)
        {
            owner.Restore(new RestoredEntry
            {
                Index = entry.Index,
                Term = entry.Term,
                Position = position,
                BodyBytes = entry.Body.Length,
                Meta = entry.Meta.Span,
                Body = entry.Body,
            });
        }
    }
}
