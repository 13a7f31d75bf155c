using Warren.Amqp;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Remembers a node that was taken out of the cluster, for what is said when it comes back.</summary>
/// <param name="Node">Which node.</param>
/// <param name="Name">What it was called.</param>
/// <param name="By">Where the command was given.</param>
/// <param name="AtMs">When, by that node's wall clock: ms of Unix time, to be shown and nothing else.</param>
internal sealed record ForgottenEntry(NodeId Node, string Name, string By, long AtMs) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfForgotten(Node);

    public override byte FormatVersion => EntryFormat.WithMembers;

    public static ForgottenEntry Read(EntryFields fields) =>
        new(SessionEntry.ReadNode(fields), fields.Text("name"), fields.Text("by"), fields.Number("at"));

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) => draft.Nodes.Forgotten.ContainsKey(Node);

    public override void Apply(DefinitionsDraft draft, long index) => draft.Nodes = draft.Nodes.With(this);

    public override void Write(FieldTable fields)
    {
        fields.Add("node", FieldValue.Of(Node.ToString()));
        fields.Add("name", FieldValue.Of(Name));
        fields.Add("by", FieldValue.Of(By));
        fields.Add("at", FieldValue.Of(AtMs));
    }
}
