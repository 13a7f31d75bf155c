using Warren.Storage;

namespace Warren.Broker.Durability;

/// <summary>What a group of the node log is to the people who use the node.</summary>
public static class GroupNames
{
    public static string Of(GroupId group) => group switch
    {
        { Value: 1 } => "definitions",
        { Value: 2 } => "delayed messages",
        { Value: >= DurableGroups.PagedOffset } => $"paged messages of queue {group.Value - DurableGroups.PagedOffset}",
        { Value: >= DurableGroups.FirstDefinitionIndex } => $"queue {group}",
        _ => $"group {group}",
    };
}
