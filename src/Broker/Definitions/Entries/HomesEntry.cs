using Warren.Amqp;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// Says where the queues live whose entries name no home: they were declared before queues had homes, or by a node that
/// knew of no others. Written before anybody else joins; it holds for entries before and behind it.
/// </summary>
/// <param name="Node">The node whose log they are in.</param>
internal sealed record HomesEntry(NodeId Node) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfHomes();

    public override byte FormatVersion => EntryFormat.WithMembers;

    public static HomesEntry Read(EntryFields fields) => new(SessionEntry.ReadNode(fields));

    public override bool IsDurable(DefinitionsDraft draft) => true;

    // What has a home keeps it.
    public override bool ChangesNothing(DefinitionsDraft draft) => !draft.Nodes.HomeOfHomeless.IsNone;

    public override void Apply(DefinitionsDraft draft, long index) => draft.SetHomes(Node);

    public override void Write(FieldTable fields) => fields.Add("node", FieldValue.Of(Node.ToString()));
}
