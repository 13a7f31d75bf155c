using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Gives a user rights to routing keys of an exchange, instead of those that he has there.</summary>
internal sealed record TopicPermissionEntry(string User, string Vhost, string Exchange, TopicPermission Permission)
    : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfTopicPermission(User, Vhost, Exchange);

    public static TopicPermissionEntry Read(EntryFields fields)
    {
        string user = fields.Text("user");
        string vhost = fields.Text("vhost");
        return TopicPermission.TryCreate(
            fields.Text("write"), fields.Text("read"), user, vhost, null,
            out TopicPermission? permission, out string? error)
            ? new TopicPermissionEntry(user, vhost, fields.Text("exchange"), permission)
            : throw new FormatException($"has a pattern that cannot be used: {error}");
    }

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.Security.AccessOf(User, Vhost).Topics.TryGetValue(Exchange, out TopicPermission? present)
        && present.WriteText == Permission.WriteText
        && present.ReadText == Permission.ReadText;

    public override DefinitionKey? Missing(DefinitionsDraft draft) => draft.UnlessUser(User);

    public override bool Conflicts(DefinitionsDraft draft) =>
        Missing(draft) is not null || draft.FindVhost(Vhost) is null;

    public override void Apply(DefinitionsDraft draft, long index) =>
        draft.Security = draft.Security.WithTopicPermission(User, Vhost, Exchange, Permission);

    public override void Write(FieldTable fields)
    {
        fields.Add("user", FieldValue.Of(User));
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("exchange", FieldValue.Of(Exchange));
        fields.Add("write", FieldValue.Of(Permission.WriteText));
        fields.Add("read", FieldValue.Of(Permission.ReadText));
    }
}
