using Warren.Amqp;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Makes a user, or gives one another password, other tags or limits; the permissions stay.</summary>
internal sealed record UserEntry(User User) : DefinitionsEntry
{
    /// <summary>It is made only while there is no vhost: it belongs to what a new cluster begins with.</summary>
    public bool OnlyFirst { get; init; }

    public override DefinitionKey Key => DefinitionKey.OfUser(User.Name);

    public static UserEntry Read(EntryFields fields)
    {
        string module = fields.Text("hashing-algorithm");
        if (!PasswordHash.TryParseHashing(module, out PasswordHashing hashing))
            throw new FormatException($"names the hashing algorithm '{module}', which is not known");
        if (!PasswordHash.TryParse(fields.Text("password-hash"), hashing, out PasswordHash? hash, out string? error))
            throw new FormatException($"has a password hash that {error}");
        var limits = new UserLimits(fields.OptionalNumber("max-connections"), fields.OptionalNumber("max-channels"));
        return new UserEntry(new User(fields.Text("name"), hash, fields.Words("tags"), limits))
        {
            OnlyFirst = fields.Flag("first"),
        };
    }

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.Security.TryGetUser(User.Name, out User? present)
        && present.PasswordHash.Hashing == User.PasswordHash.Hashing
        && present.PasswordHash.ToBase64() == User.PasswordHash.ToBase64()
        && present.Tags.SequenceEqual(User.Tags)
        && present.Limits == User.Limits;

    public override bool Conflicts(DefinitionsDraft draft) => OnlyFirst && draft.Topology.Vhosts.Count > 0;

    public override void Apply(DefinitionsDraft draft, long index) => draft.Security = draft.Security.WithUser(User);

    public override void Write(FieldTable fields)
    {
        fields.Add("name", FieldValue.Of(User.Name));
        fields.Add("hashing-algorithm", FieldValue.Of(PasswordHash.ModuleName(User.PasswordHash.Hashing)));
        fields.Add("password-hash", FieldValue.Of(User.PasswordHash.ToBase64()));
        fields.Add("tags", FieldValue.Of(new FieldArray([.. User.Tags.Select(FieldValue.Of)])));
        if (OnlyFirst)
            fields.Add("first", FieldValue.Of(true));
        if (User.Limits.MaxConnections is { } connections)
            fields.Add("max-connections", FieldValue.Of(connections));
        if (User.Limits.MaxChannels is { } channels)
            fields.Add("max-channels", FieldValue.Of(channels));
    }
}
