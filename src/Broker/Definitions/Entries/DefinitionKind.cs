namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// What a definition is of; the number is the octet of <see cref="EntryFormat"/>. In which order a start makes them is
/// said by <see cref="DefinitionKinds.InOrderOfNeed"/>.
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
    Policy = 8,
    OperatorPolicy = 9,
    Parameter = 10,
    GlobalParameter = 11,
    Session = 12,
    Member = 13,
    Homes = 14,
    Forgotten = 15,
    QueueMembers = 16,
}
