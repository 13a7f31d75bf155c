using Warren.Amqp;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Names a member of the cluster, so that all know it while it is down. Whether it votes is
/// consensus's.</summary>
/// <param name="Node">Which node.</param>
/// <param name="Name">Such as <c>rabbit@host1</c>.</param>
/// <param name="Address">Where its peers find it, as it was told by the operator or by itself.</param>
internal sealed record MemberEntry(NodeId Node, string Name, string Address) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfMember(Node);

    public override byte FormatVersion => 3;

    public static MemberEntry Read(EntryFields fields) =>
        new(SessionEntry.ReadNode(fields), fields.Text("name"), fields.Text("address"));

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.Nodes.Members.TryGetValue(Node, out MemberEntry? present) && present == this;

    public override void Apply(DefinitionsDraft draft, long index) => draft.AddMember(this);

    public override void Write(FieldTable fields)
    {
        fields.Add("node", FieldValue.Of(Node.ToString()));
        fields.Add("name", FieldValue.Of(Name));
        fields.Add("address", FieldValue.Of(Address));
    }
}
