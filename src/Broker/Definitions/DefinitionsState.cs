using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Cluster.Groups;

namespace Warren.Broker.Definitions;

/// <summary>
/// The replicated machine, beside the snapshots that it makes: which entry each definition has, which proposals are in,
/// which entries are live. Deterministic: the same entries make the same state, on every node and at every start.
/// Owned by the definitions' turn.
/// <para>Live are the entries of the definitions as they were before the last entry, and the last entry, whatever it
/// is: who has these applies it as everybody did, and knows from it what was proposed.</para>
/// </summary>
internal sealed class DefinitionsState
{
    private readonly Dictionary<DefinitionKey, Line> _lines = [];
    // Ended with the last entry: they go with the next one.
    private readonly List<long> _ending = [];

    public LiveEntries Live { get; } = new();

    /// <summary>The highest number of each session that is open.</summary>
    public ImmutableArray<SessionNumber> Numbers { get; private set; } = [];

    /// <summary>The last entry.</summary>
    public long LastIndex { get; private set; }

    /// <summary>The last entry that made, changed or removed something that survives a restart.</summary>
    public long LastDurableIndex { get; private set; }

    /// <summary>The index of a definition's entry; 0: there is no such definition.</summary>
    public long IndexOf(in DefinitionKey key) => _lines.GetValueOrDefault(key).Index;

    /// <summary>Whether what this names survives a restart.</summary>
    public bool IsDurable(in DefinitionKey key) => _lines.GetValueOrDefault(key).IsDurable;

    /// <summary>The highest number of a session in <see cref="Numbers"/>; 0: none.</summary>
    public static long NumberOf(ImmutableArray<SessionNumber> numbers, long session)
    {
        foreach (SessionNumber one in numbers)
        {
            if (one.Session == session)
                return one.Number;
        }
        return 0;
    }

    /// <summary>These numbers with another one of a session.</summary>
    public static ImmutableArray<SessionNumber> With(
        ImmutableArray<SessionNumber> numbers, long session, long number)
    {
        for (int place = 0; place < numbers.Length; place++)
        {
            if (numbers[place].Session == session)
                return numbers.SetItem(place, new SessionNumber(session, number));
        }
        return numbers.Add(new SessionNumber(session, number));
    }

    /// <summary>Applies the next entry of the log.</summary>
    /// <param name="draft">Where it is made.</param>
    /// <param name="logged">The entry.</param>
    /// <param name="live">Where it lies.</param>
    /// <returns>False: it met another state than it was checked against, and has changed nothing.</returns>
    public bool Apply(DefinitionsDraft draft, in LoggedEntry logged, in LiveEntry live)
    {
        long index = live.Index.Value;
        foreach (long ended in _ending)
            Live.End(ended, index);
        _ending.Clear();
        Live.Add(live);
        return ApplyLast(draft, logged, index);
    }

    /// <summary>The same of an entry that is among the live already, the last of those that were restored.</summary>
    public bool ApplyLast(DefinitionsDraft draft, in LoggedEntry logged, long index)
    {
        LastIndex = index;
        bool isNext = logged.Session == 0
            || (draft.Nodes.IsOpen(logged.Session) && logged.Number == NumberOf(Numbers, logged.Session) + 1);
        bool isApplied = isNext && Meets(draft, logged) && TryApply(draft, logged.Entry, index);
        if (!isApplied || logged.Entry.Removes)
            _ending.Add(index);
        if (isNext && logged.Session != 0)
            Numbers = With(Numbers, logged.Session, logged.Number);
        if (isApplied && logged.Entry.Key.Kind == DefinitionKind.Session)
            Numbers = Numbers.RemoveAll(one => !draft.Nodes.IsOpen(one.Session));
        return isApplied;
    }

    /// <summary>Applies an entry that nobody has to write.</summary>
    public bool Apply(DefinitionsDraft draft, DefinitionsEntry entry, long index)
    {
        LastIndex = index;
        return Meets(draft, LoggedEntry.Old(entry)) && TryApply(draft, entry, index);
    }

    /// <summary>Takes note of a live entry that has been made.</summary>
    public void Restore(in DefinitionKey key, long index, bool isDurable) => _lines[key] = new Line(index, isDurable);

    /// <summary>All has been restored that was there behind an entry, whose numbers these are.</summary>
    public void RestoredTo(long index, ImmutableArray<SessionNumber> numbers)
    {
        LastIndex = Math.Max(LastIndex, index);
        LastDurableIndex = LastIndex;
        Numbers = numbers;
    }

    public void Clear()
    {
        _lines.Clear();
        _ending.Clear();
        Live.Clear();
        Numbers = [];
        LastIndex = 0;
        LastDurableIndex = 0;
    }

    private bool Meets(DefinitionsDraft draft, in LoggedEntry logged) =>
        (logged.Expected == LoggedEntry.Anything || logged.Expected == IndexOf(logged.Entry.Key))
        && !logged.Entry.ChangesNothing(draft)
        && !logged.Entry.Conflicts(draft);

    private bool TryApply(DefinitionsDraft draft, DefinitionsEntry entry, long index)
    {
        IReadOnlyList<DefinitionKey> takenAlong;
        try
        {
            takenAlong = draft.Apply(entry, index);
        }
        catch (AmqpException)
        {
            // Whoever proposes an entry has tried it. Every node finds the same.
            return false;
        }
        bool endsDurable = End(entry.Key);
        foreach (DefinitionKey key in takenAlong)
            endsDurable |= End(key);
        bool isDurable = !entry.Removes && entry.IsDurable(draft);
        if (!entry.Removes)
            _lines.Add(entry.Key, new Line(index, isDurable));
        if (isDurable || endsDurable)
            LastDurableIndex = index;
        return true;
    }

    // True if it was durable.
    private bool End(in DefinitionKey key)
    {
        if (!_lines.Remove(key, out Line line))
            return false;
        _ending.Add(line.Index);
        return line.IsDurable;
    }

    private readonly record struct Line(long Index, bool IsDurable);
}
