using Warren.Amqp;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Makes a vhost, with the exchanges that every vhost has, or gives one other properties.</summary>
/// <param name="Name">Not empty.</param>
/// <param name="DefaultQueueType">classic, quorum or stream; null: the node's.</param>
/// <param name="Limits">Connections and queues.</param>
internal sealed record VhostEntry(string Name, string? DefaultQueueType, VhostLimits Limits) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfVhost(Name);

    public static VhostEntry Read(EntryFields fields) => new(
        fields.Text("name"),
        fields.OptionalText("default-queue-type"),
        new VhostLimits(fields.OptionalNumber("max-connections"), fields.OptionalNumber("max-queues")));

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Name) is { } vhost
        && vhost.DefaultQueueType == DefaultQueueType
        && draft.Security.LimitsOf(Name) == Limits;

    public override void Apply(DefinitionsDraft draft, long index)
    {
        Vhost vhost = draft.FindVhost(Name) ?? Vhost.Create(Name);
        draft.Put(vhost.WithDefaultQueueType(DefaultQueueType));
        if (draft.Security.LimitsOf(Name) != Limits)
            draft.Security = draft.Security.WithVhostLimits(Name, Limits);
    }

    public override void Write(FieldTable fields)
    {
        fields.Add("name", FieldValue.Of(Name));
        if (DefaultQueueType is not null)
            fields.Add("default-queue-type", FieldValue.Of(DefaultQueueType));
        if (Limits.MaxConnections is { } connections)
            fields.Add("max-connections", FieldValue.Of(connections));
        if (Limits.MaxQueues is { } queues)
            fields.Add("max-queues", FieldValue.Of(queues));
    }
}
