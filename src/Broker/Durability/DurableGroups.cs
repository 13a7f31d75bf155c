using Warren.Broker.Queues;
using Warren.Storage;

namespace Warren.Broker.Durability;

/// <summary>
/// Whose each group of the node log is, and their recovery in order: the definitions first, since they say which queues
/// there are; then the delayed messages; then the queues, each under its id.
/// </summary>
internal static class DurableGroups
{
    /// <summary>Definitions: <see cref="Definitions.DefinitionsStore"/>.</summary>
    public static readonly GroupId Definitions = new(1);

    /// <summary>Messages that wait at delayed exchanges: <see cref="Delays.DelayedMessages"/>.</summary>
    public static readonly GroupId Delays = new(2);

    /// <summary>
    /// The first index that the definitions' group gives, and so the lowest id of a queue, which is its group's too:
    /// the groups below are the node's own.
    /// </summary>
    public const long FirstDefinitionIndex = 1000;

    /// <summary>
    /// Groups from here on hold what was written to spare memory and is not durable: see <see cref="PagedOf"/>. Dropped
    /// by the next start.
    /// </summary>
    public const long PagedOffset = 1L << 62;

    /// <summary>Bits of such a group's id that are its queue's.</summary>
    private const int QueueBits = 40;

    private const long BootMask = (1L << (62 - QueueBits)) - 1;

    /// <summary>
    /// The group of what this queue writes to spare memory. The boot is in it, since queues that do not survive a
    /// restart give their ids free, and a group that was dropped must not come again.
    /// </summary>
    public static GroupId PagedOf(long queue, long boot) => new(PagedOffset + ((boot & BootMask) << QueueBits) + queue);

    /// <summary>The queue whose group this is, of those from <see cref="PagedOffset"/> on.</summary>
    public static long QueueOfPaged(GroupId group) => group.Value & ((1L << QueueBits) - 1);

    /// <summary>Opens the log and hands every group to its owner; the broker serves nobody yet.</summary>
    public static NodeLog Open(MessageBroker broker, StorageSetup setup)
    {
        var seen = new HashSet<GroupId>();
        Dictionary<long, Queue>? queues = null;
        Dictionary<long, QueueDefinition>? members = null;
        var losses = new RecoveredLosses(broker);
        NodeLog log = StorageDirectory.Open(
            setup.Disk, setup.Options, setup.Watcher,
            (log, group) =>
            {
                seen.Add(group.Id);
                if (group.Id == Definitions)
                {
                    broker.Definitions.Open(log, group);
                    losses.NoteDefinitions(group);
                }
                else if (group.Id == Delays)
                {
                    broker.Delays.Open(log, group);
                    losses.Note(group, "The delayed exchanges' group");
                }
                else if (!(members ??= MembersById(broker)).TryGetValue(group.Id.Value, out QueueDefinition? shared))
                    OpenQueue(queues ??= ById(broker), losses, log, group);
                else if (!broker.Replication!.TryRecover(log, group, shared))
                {
                    // Where others have it, although this node has never given it over, nothing is thrown away.
                    if ((queues ??= ById(broker)).ContainsKey(group.Id.Value))
                        OpenQueue(queues, losses, log, group);
                    else
                        losses.SetAside(log, group);
                }
            },
            setup.Wake);
        // What is set aside keeps its id, although the entry that gave it is lost.
        broker.Definitions.Opened(
            log, seen.Select(id => id.Value).Where(id => id < PagedOffset).DefaultIfEmpty().Max());
        if (!seen.Contains(Delays))
            broker.Delays.Open(log, null);
        foreach ((long id, Queue queue) in queues ?? ById(broker))
        {
            if (!seen.Contains(new GroupId(id)))
                queue.Open(log, null);
        }
        losses.Tell(log);
        return log;
    }

    private static Dictionary<long, Queue> ById(MessageBroker broker) =>
        broker.LocalQueues().Where(queue => queue.Definition is { SurvivesRestart: true, Members.Length: < 2 })
            .ToDictionary(queue => queue.Definition.Id.Value);

    private static Dictionary<long, QueueDefinition> MembersById(MessageBroker broker) => broker.Replication is null
        ? []
        : broker.QueuesAndStores().Where(static queue => queue.IsReplicated)
            .ToDictionary(static queue => queue.Id.Value);

    // A queue whose definition is gone was deleted, and the crash came before the end of its group; but not where
    // definitions are lost.
    private static void OpenQueue(
        Dictionary<long, Queue> queues, RecoveredLosses losses, NodeLog log, RecoveredGroup group)
    {
        if (queues.TryGetValue(group.Id.Value, out Queue? queue))
        {
            queue.Open(log, group);
            QueueDefinition definition = queue.Definition;
            losses.Note(group, $"Queue '{definition.Name}' in vhost '{definition.Vhost}'");
        }
        else if (losses.AreDefinitionsIncomplete && group.Id.Value < PagedOffset)
            losses.SetAside(log, group);
        else
            log.OpenGroup(group.Id, new RecoveredLosses.Nobody()).Drop();
    }
}
