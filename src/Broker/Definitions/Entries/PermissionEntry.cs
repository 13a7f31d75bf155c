using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Gives a user rights in a vhost, instead of those that he has there.</summary>
internal sealed record PermissionEntry(string User, string Vhost, Permission Permission) : DefinitionsEntry
{
    /// <summary>It is made only while there is no vhost: it belongs to what a new cluster begins with.</summary>
    public bool OnlyFirst { get; init; }

    public override DefinitionKey Key => DefinitionKey.OfPermission(User, Vhost);

    public static PermissionEntry Read(EntryFields fields) => new(
        fields.Text("user"),
        fields.Text("vhost"),
        new Permission(
            Compile(fields.Text("configure")), Compile(fields.Text("write")), Compile(fields.Text("read"))))
    {
        OnlyFirst = fields.Flag("first"),
    };

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.Security.AccessOf(User, Vhost).Permission is { } present
        && present.Configure.Text == Permission.Configure.Text
        && present.Write.Text == Permission.Write.Text
        && present.Read.Text == Permission.Read.Text;

    public override DefinitionKey? Missing(DefinitionsDraft draft) => draft.UnlessUser(User);

    public override bool Conflicts(DefinitionsDraft draft) => Missing(draft) is not null
        || (OnlyFirst ? draft.Topology.Vhosts.Count > 0 : draft.FindVhost(Vhost) is null);

    public override void Apply(DefinitionsDraft draft, long index) =>
        draft.Security = draft.Security.WithPermission(User, Vhost, Permission);

    public override void Write(FieldTable fields)
    {
        fields.Add("user", FieldValue.Of(User));
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("configure", FieldValue.Of(Permission.Configure.Text));
        fields.Add("write", FieldValue.Of(Permission.Write.Text));
        fields.Add("read", FieldValue.Of(Permission.Read.Text));
        if (OnlyFirst)
            fields.Add("first", FieldValue.Of(true));
    }

    private static NamePattern Compile(string text) =>
        NamePattern.TryCompile(text, out NamePattern? pattern, out string? error)
            ? pattern
            : throw new FormatException($"has a pattern that cannot be used: {error}");
}
