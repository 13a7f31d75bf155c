using System.Collections.Immutable;

namespace Warren.Broker.Definitions.Entries;

/// <summary>The order among kinds.</summary>
internal static class DefinitionKinds
{
    /// <summary>
    /// Each needs only what is before it: exchanges and queues are made with the policies that are in force for them.
    /// </summary>
    public static readonly ImmutableArray<DefinitionKind> InOrderOfNeed =
    [
        DefinitionKind.Member, DefinitionKind.Homes, DefinitionKind.Forgotten, DefinitionKind.Session,
        DefinitionKind.Vhost, DefinitionKind.User, DefinitionKind.Permission, DefinitionKind.TopicPermission,
        DefinitionKind.Policy, DefinitionKind.OperatorPolicy, DefinitionKind.Parameter, DefinitionKind.GlobalParameter,
        DefinitionKind.Exchange, DefinitionKind.Queue, DefinitionKind.QueueMembers, DefinitionKind.Binding,
    ];
}
