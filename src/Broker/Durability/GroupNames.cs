using Warren.Broker.Definitions.Entries;
using Warren.Storage;

namespace Warren.Broker.Durability;

/// <summary>
/// What a group of the node log is to the people who use the node. Queues have their names from the definitions'
/// entries, as far as these can be read.
/// </summary>
public sealed class GroupNames
{
    private readonly Dictionary<long, string> _queues = [];

    /// <summary>The group whose entries are to be told to <see cref="Note"/>.</summary>
    public static GroupId Definitions => DurableGroups.Definitions;

    /// <summary>Takes note of a live entry of the definitions.</summary>
    public void Note(LogIndex index, ReadOnlySpan<byte> meta, ReadOnlySpan<byte> body)
    {
        try
        {
            if (LoggedFormat.Read(meta, body).Entry is QueueEntry queue)
                _queues[index.Value] = queue.Key.ToString();
        }
        catch (FormatException)
        {
            // The queue keeps its number; a start says what is wrong. Entries of consensus are none of ours.
        }
    }

    public string Of(GroupId group) => group switch
    {
        { Value: 1 } => "definitions",
        { Value: 2 } => "delayed messages",
        { Value: >= DurableGroups.PagedOffset } =>
            $"paged messages of {QueueOf(DurableGroups.QueueOfPaged(group))}",
        { Value: >= DurableGroups.FirstDefinitionIndex } => QueueOf(group.Value),
        _ => $"group {group}",
    };

    private string QueueOf(long id) => _queues.GetValueOrDefault(id) ?? $"queue {id}";
}
