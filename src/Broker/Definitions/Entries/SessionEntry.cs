using Warren.Amqp;
using Warren.Cluster;

namespace Warren.Broker.Definitions.Entries;

/// <summary>
/// A node has begun to serve, or serves on after its last session was ended. The entry's index is the session's name.
/// </summary>
/// <param name="Node">Which node.</param>
/// <param name="Boot">Which start of its data directory.</param>
/// <param name="Epoch">Which session of that start, from 1.</param>
/// <param name="Incarnation">
/// The session that its incarnation began with; 0: it begins one, and what is not durable goes.
/// </param>
internal sealed record SessionEntry(NodeId Node, long Boot, long Epoch, long Incarnation) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfSession(Node);

    public override byte FormatVersion => 3;

    public static SessionEntry Read(EntryFields fields) => new(
        ReadNode(fields), fields.Number("boot"), fields.Number("epoch"), fields.OptionalNumber("incarnation") ?? 0);

    public static NodeId ReadNode(EntryFields fields)
    {
        string text = fields.Text("node");
        return Guid.TryParseExact(text, "D", out Guid id) && id != Guid.Empty
            ? new NodeId(id)
            : throw new FormatException($"names the node '{text}', which is no identity");
    }

    public override bool IsDurable(DefinitionsDraft draft) => false;

    // An older one, which was proposed twice or came late, must not end a newer.
    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.Nodes.Sessions.TryGetValue(Node, out NodeSession? present)
        && (present.Boot > Boot || (present.Boot == Boot && present.Epoch >= Epoch));

    public override void Apply(DefinitionsDraft draft, long index) =>
        draft.BeginSession(new NodeSession(index, Node, Boot, Epoch), Incarnation == 0 ? index : Incarnation);

    public override void Write(FieldTable fields)
    {
        fields.Add("node", FieldValue.Of(Node.ToString()));
        fields.Add("boot", FieldValue.Of(Boot));
        fields.Add("epoch", FieldValue.Of(Epoch));
        if (Incarnation != 0)
            fields.Add("incarnation", FieldValue.Of(Incarnation));
    }
}
