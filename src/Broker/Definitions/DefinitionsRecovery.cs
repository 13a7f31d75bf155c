using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Storage;

namespace Warren.Broker.Definitions;

/// <summary>
/// Makes the definitions from the live entries that a start finds. An entry that was made anew lies behind what needs
/// it (a user with another password behind his permissions), so entries are applied by kind first, then by index.
/// What damage has left without its other half is not made, and told; its entry stays until something takes its place.
/// </summary>
internal sealed class DefinitionsRecovery(MessageBroker broker, DefinitionsGroup group)
{
    private readonly DefinitionsDraft _draft = new(broker, 0);
    private readonly List<(long Index, DefinitionsEntry Entry)>[] _byKind =
        [.. Enum.GetValues<DefinitionKind>().Select(_ => new List<(long, DefinitionsEntry)>())];

    /// <summary>Something was not made, and was told.</summary>
    public bool HasLost { get; private set; }

    /// <summary>Reads all entries of the group and applies them to a draft.</summary>
    /// <exception cref="UnreadableDefinitionException">One of them cannot be understood.</exception>
    public DefinitionsDraft Run(NodeLog log, RecoveredGroup recovered)
    {
        using EntryReader reader = log.OpenReader();
        while (recovered.TryNext(out RecoveredEntry found))
            Read(reader, recovered.Id, found);
        foreach (DefinitionKind kind in DefinitionKinds.InOrderOfNeed)
        {
            foreach ((long index, DefinitionsEntry entry) in _byKind[(int)kind - 1])
                Restore(index, entry);
        }
        return _draft;
    }

    private void Read(EntryReader reader, GroupId id, in RecoveredEntry found)
    {
        ReadOnlySpan<byte> head = found.Meta;
        ReadOnlySpan<byte> tables = head[Math.Min(EntryFormat.HeadBytes, head.Length)..];
        if (found.BodyBytes > 0)
        {
            int recordBytes = EntryReader.EntryOverheadBytes + found.Meta.Length + found.BodyBytes;
            if (!reader.TryRead(id, found.Index, found.Position, recordBytes, out _, out tables))
            {
                Tell($"Definitions entry {found.Index} is damaged: what it defined is lost");
                return;
            }
        }
        try
        {
            DefinitionsEntry entry = EntryFormat.Read(head, tables);
            _byKind[(int)entry.Key.Kind - 1].Add((found.Index.Value, entry));
        }
        catch (FormatException error)
        {
            throw new UnreadableDefinitionException(found.Index.Value, error.Message, error);
        }
    }

    private void Restore(long index, DefinitionsEntry entry)
    {
        group.Restore(entry.Key, index);
        DefinitionKey? missing = entry.Missing(_draft) ?? Younger(index, entry);
        if (missing is { Kind: DefinitionKind.Vhost } vhost)
        {
            Tell($"The definition of the {vhost} is lost: it comes back without its limits and default queue type");
            _draft.Restore(new VhostEntry(vhost.Vhost, null, VhostLimits.None), index);
            missing = entry.Missing(_draft);
        }
        if (missing is { } lost)
        {
            Tell($"Without the {lost}, which is lost, there is no {entry.Key} any more");
            return;
        }
        try
        {
            _draft.Restore(entry, index);
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
        if (group.TryFind(source, out long made) && made > index)
            return source;
        return group.TryFind(destination, out made) && made > index ? destination : null;
    }

    private void Tell(string message)
    {
        HasLost = true;
        broker.Log(LogLevel.Error, LogCategory.Default, message);
    }
}
