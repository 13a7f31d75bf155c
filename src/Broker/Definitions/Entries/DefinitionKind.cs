namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// What a definition is of; the number is the octet of <see cref="EntryFormat"/>. By rising number each may only need
/// what has a lower one, which is the order in which a start makes them.
/// </summary>
internal enum DefinitionKind : byte
{
    Vhost = 1,
    User = 2,
    Permission = 3,
    TopicPermission = 4,
    Exchange = 5,
    Queue = 6,
    Binding = 7,
}
