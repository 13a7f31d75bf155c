using System.Collections.Immutable;
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
    public string Description { get; init; } = "";

    public ImmutableArray<string> Tags { get; init; } = [];

    public override DefinitionKey Key => DefinitionKey.OfVhost(Name);

    public override byte FormatVersion => Description.Length > 0 || !Tags.IsEmpty ? (byte)2 : (byte)1;

    /// <summary>The vhost as it is, to be changed with <c>with</c>.</summary>
    public static VhostEntry Of(Vhost vhost, VhostLimits limits) => new(vhost.Name, vhost.DefaultQueueType, limits)
    {
        Description = vhost.Description,
        Tags = vhost.Tags,
    };

    public static VhostEntry Read(EntryFields fields) => new(
        fields.Text("name"),
        fields.OptionalText("default-queue-type"),
        new VhostLimits(fields.OptionalNumber("max-connections"), fields.OptionalNumber("max-queues")))
    {
        Description = fields.OptionalText("description") ?? "",
        Tags = fields.OptionalWords("tags") ?? [],
    };

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Name) is { } vhost
        && vhost.DefaultQueueType == DefaultQueueType
        && vhost.Description == Description
        && vhost.Tags.SequenceEqual(Tags)
        && draft.Security.LimitsOf(Name) == Limits;

    public override void Apply(DefinitionsDraft draft, long index)
    {
        Vhost vhost = draft.FindVhost(Name) ?? Vhost.Create(Name);
        draft.Put(vhost.WithProperties(Description, Tags, DefaultQueueType));
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
        if (Description.Length > 0)
            fields.Add("description", FieldValue.Of(Description));
        if (!Tags.IsEmpty)
            fields.Add("tags", FieldValue.Of(new FieldArray([.. Tags.Select(FieldValue.Of)])));
    }
}
