using Warren.Broker.Definitions.Entries;
using Warren.Broker.Durability;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// The definitions' group of the node log. Each durable definition has one live entry, which is released when it is
/// made anew or goes, so that the group is as large as what there is, whatever happened. The definitions' turn owns it;
/// without a log it keeps nothing and everything is as good as durable at once.
/// </summary>
internal sealed class DefinitionsGroup
{
    private readonly Dictionary<DefinitionKey, long> _indexes = [];
    // Appended and not yet durable, by rising LSN.
    private readonly Queue<(Lsn Lsn, long Index)> _pending = new();
    private readonly Queue<(Lsn Lsn, Action Answer)> _waiting = new();
    private NodeLog? _log;
    private LogGroup? _group;
    private long _appendedLsn;
    private long _durableLsn;
    private long _durableIndex;
    private bool _hasFailed;

    /// <summary>
    /// Everything that the published topology shows is durable. Read by any thread: whoever sees a definition sees that
    /// it was appended.
    /// </summary>
    public bool IsSettled => Volatile.Read(ref _durableLsn) >= Volatile.Read(ref _appendedLsn);

    /// <summary>The log has taken so much that nobody may go on without waiting for it.</summary>
    public bool IsBehind => _log?.IsBehind == true;

    /// <summary>From here on what is appended goes to the log.</summary>
    public void Open(NodeLog log, IGroupOwner owner)
    {
        _log = log;
        _group = log.OpenGroup(DurableGroups.Definitions, owner);
    }

    /// <summary>Takes note of an entry that a start has found.</summary>
    public void Restore(DefinitionKey key, long index)
    {
        _indexes[key] = index;
        _durableIndex = Math.Max(_durableIndex, index);
    }

    public bool TryFind(DefinitionKey key, out long index) => _indexes.TryGetValue(key, out index);

    /// <summary>Appends a step, if anything that is durable changes with it.</summary>
    public void Append(DraftStep step)
    {
        if (_group is null)
            return;
        RemovedRanges releases = Forget(step);
        if (step.IsKept)
            _indexes.Add(step.Entry.Key, step.Index);
        else if (releases.IsEmpty)
            return;
        byte[] bytes = EntryFormat.Write(step.Entry);
        bool fits = bytes.Length <= ushort.MaxValue;
        try
        {
            Appended appended = _group.Append(new NewEntry
            {
                Index = new LogIndex(step.Index),
                Meta = fits ? bytes : bytes.AsSpan(0, EntryFormat.HeadBytes),
                Body = fits ? default : bytes.AsMemory(EntryFormat.HeadBytes),
                Releases = releases.Sorted(),
                IsKept = step.IsKept,
            });
            _pending.Enqueue((appended.Lsn, step.Index));
            Volatile.Write(ref _appendedLsn, appended.Lsn.Value);
        }
        catch (StorageFailedException)
        {
            // The node is stopping, and its watcher has said so. What would have to wait for this waits until then.
            _hasFailed = true;
            Volatile.Write(ref _appendedLsn, long.MaxValue);
        }
    }

    /// <summary>Runs the answer once what this key names is durable; at once if nothing of it has to be.</summary>
    public void WhenDurable(DefinitionKey key, Action answer)
    {
        if (!_indexes.TryGetValue(key, out long index) || index <= _durableIndex)
            answer();
        else
            WhenAllDurable(answer);
    }

    /// <summary>Runs the answer once everything that was appended is durable.</summary>
    public void WhenAllDurable(Action answer)
    {
        if (IsSettled)
            answer();
        else if (!_hasFailed)
            _waiting.Enqueue((new Lsn(_appendedLsn), answer));
    }

    /// <summary>The log has everything up to here: answers who waited for it, in the order they came.</summary>
    public void Durable(Lsn lsn)
    {
        Volatile.Write(ref _durableLsn, lsn.Value);
        while (_pending.TryPeek(out (Lsn Lsn, long Index) appended) && appended.Lsn <= lsn)
        {
            _durableIndex = appended.Index;
            _pending.Dequeue();
        }
        while (_waiting.TryPeek(out (Lsn Lsn, Action Answer) waiting) && waiting.Lsn <= lsn)
        {
            _waiting.Dequeue();
            waiting.Answer();
        }
    }

    // The entries that the step ends: the one that its own is in the place of, and of what goes with it.
    private RemovedRanges Forget(DraftStep step)
    {
        var removed = new RemovedRanges();
        if (_indexes.Remove(step.Entry.Key, out long own))
            removed.Add(own);
        foreach (DefinitionKey key in step.TakenAlong)
        {
            if (_indexes.Remove(key, out long taken))
                removed.Add(taken);
        }
        return removed;
    }
}
