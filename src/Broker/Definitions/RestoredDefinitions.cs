using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Cluster.Groups;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// Makes the definitions from live entries, of a start or of a leader's snapshot. An entry that was made anew lies
/// behind what needs it (a user with another password behind his permissions), so entries are applied by kind first,
/// then by index; the last of all as it was once applied, see <see cref="DefinitionsState"/>. What damage has left
/// without its other half is not made, and told; its entry stays until something takes its place.
/// </summary>
internal sealed class RestoredDefinitions(MessageBroker broker, DefinitionsState state)
{
    private readonly DefinitionsDraft _draft = DefinitionsDraft.Anew(broker);
    private readonly List<Found> _found = [];
    private long _lastIndex;

    /// <summary>Takes a live entry in.</summary>
    /// <exception cref="UnreadableDefinitionException">It cannot be understood.</exception>
    public void Add(in RestoredEntry entry, NodeLog? log, Action<string> tell)
    {
        var live = new LiveEntry(entry.Index, entry.Position, entry.Meta.Length + entry.BodyBytes);
        state.Live.Add(live);
        _lastIndex = entry.Index.Value;
        ReadOnlySpan<byte> body = entry.Body is { } there ? there.Span : [];
        using EntryReader? reader = entry.Body is null && entry.BodyBytes > 0 ? log!.OpenReader() : null;
        if (reader is not null && !reader.TryRead(
            DefinitionsStore.GroupId, entry.Index, entry.Position,
            EntryReader.EntryOverheadBytes + live.PayloadBytes, out _, out body))
        {
            tell($"Definitions entry {entry.Index} is damaged: what it defined is lost");
            state.Live.End(_lastIndex, _lastIndex);
            return;
        }
        try
        {
            _found.Add(new Found(live, LoggedFormat.Read(entry.Meta, body), entry.IsOfLog));
        }
        catch (FormatException error)
        {
            throw new UnreadableDefinitionException(_lastIndex, error.Message, error);
        }
    }

    /// <summary>Makes what has come.</summary>
    /// <param name="isTolerant">Some of it is lost: what there is counts.</param>
    /// <param name="tell">Is told what could not be made.</param>
    public DefinitionsDraft Make(bool isTolerant, Action<string> tell)
    {
        Found? last = null;
        if (!isTolerant && _found.Count > 0 && _found[^1] is { IsOfLog: false, Logged.IsOld: false } final)
        {
            last = final;
            _found.RemoveAt(_found.Count - 1);
        }
        if (_found.Exists(static one => one.IsOfLog))
            ReplayLog();
        foreach (DefinitionKind kind in DefinitionKinds.InOrderOfNeed)
        {
            foreach (Found found in _found)
            {
                if (found.Logged.Entry.Key.Kind == kind && !found.Logged.Entry.Removes)
                    Restore(found.Live.Index.Value, found.Logged.Entry, tell);
            }
        }
        if (last is { } one)
        {
            LoggedEntry logged = one.Logged;
            // Its leader has not taken out those of sessions that were over by then.
            ImmutableArray<SessionNumber> numbers =
                logged.Numbers.RemoveAll(number => !_draft.Nodes.IsOpen(number.Session));
            state.RestoredTo(one.Live.Index.Value - 1, logged.Session == 0
                ? numbers
                : DefinitionsState.With(numbers, logged.Session, logged.Number - 1));
            // It is among the live already.
            state.ApplyLast(_draft, logged, one.Live.Index.Value);
        }
        else
        {
            state.RestoredTo(_lastIndex, []);
        }
        return _draft;
    }

    /// <summary>
    /// Of a log that damage has cut in pieces: what its entries make, and what goes with what they remove, by their
    /// names alone.
    /// </summary>
    private void ReplayLog()
    {
        var kept = new Dictionary<DefinitionKey, Found>();
        foreach (Found found in _found)
        {
            DefinitionKey key = found.Logged.Entry.Key;
            kept.Remove(key);
            if (!found.Logged.Entry.Removes)
                kept.Add(key, found);
            else
                RemoveWith(key, kept);
        }
        foreach (Found found in _found)
        {
            if (!kept.TryGetValue(found.Logged.Entry.Key, out Found one) || one.Live.Index != found.Live.Index)
                state.Live.End(found.Live.Index.Value, _lastIndex);
        }
        _found.Clear();
        _found.AddRange(kept.Values.OrderBy(one => one.Live.Index.Value));
    }

    private static void RemoveWith(DefinitionKey removed, Dictionary<DefinitionKey, Found> kept)
    {
        foreach (DefinitionKey gone in kept.Keys.Where(one => GoesWith(one, removed)).ToList())
            kept.Remove(gone);
    }

    private static bool GoesWith(in DefinitionKey one, in DefinitionKey removed) => removed.Kind switch
    {
        DefinitionKind.Vhost => one.Vhost == removed.Vhost,
        DefinitionKind.User => one.Name == removed.Name
            && one.Kind is DefinitionKind.Permission or DefinitionKind.TopicPermission,
        DefinitionKind.Queue => one.Vhost == removed.Vhost
            && (one.Binding is { DestinationKind: DestinationKind.Queue } binding
                ? binding.Destination == removed.Name
                : one.Kind == DefinitionKind.QueueMembers && one.Name == removed.Name),
        DefinitionKind.Exchange => one.Binding is { } binding && one.Vhost == removed.Vhost
            && (binding.Source == removed.Name
                || (binding.DestinationKind == DestinationKind.Exchange && binding.Destination == removed.Name)),
        _ => false,
    };

    private void Restore(long index, DefinitionsEntry entry, Action<string> tell)
    {
        DefinitionKey? missing = entry.Missing(_draft) ?? Younger(index, entry);
        if (missing is { Kind: DefinitionKind.Vhost } vhost)
        {
            tell($"The definition of the {vhost} is lost: it comes back without its limits and default queue type");
            _draft.Apply(new VhostEntry(vhost.Vhost, null, VhostLimits.None), index);
            missing = entry.Missing(_draft);
        }
        if (missing is { } lost)
        {
            tell($"Without the {lost}, which is lost, there is no {entry.Key} any more");
            state.Restore(entry.Key, index, isDurable: true);
            return;
        }
        try
        {
            _draft.Apply(entry, index);
            state.Restore(entry.Key, index, entry.IsDurable(_draft));
        }
        catch (AmqpException error)
        {
            throw new UnreadableDefinitionException(
                index, $"makes the {entry.Key}, which cannot be: {error.ReplyText}", error);
        }
    }

    // A binding whose end was lost must not come back with another end of the same name.
    private DefinitionKey? Younger(long index, DefinitionsEntry entry)
    {
        if (entry is not BindingEntry { Vhost: string vhost, Binding: Binding binding })
            return null;
        DefinitionKey source = DefinitionKey.OfExchange(vhost, binding.Source);
        DefinitionKey destination = binding.DestinationKind == DestinationKind.Queue
            ? DefinitionKey.OfQueue(vhost, binding.Destination)
            : DefinitionKey.OfExchange(vhost, binding.Destination);
        if (state.IndexOf(source) > index)
            return source;
        return state.IndexOf(destination) > index ? destination : null;
    }

    private readonly record struct Found(LiveEntry Live, LoggedEntry Logged, bool IsOfLog);
}
