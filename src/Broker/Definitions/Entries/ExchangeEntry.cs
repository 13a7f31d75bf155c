using Warren.Amqp;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Makes an exchange. What was checked when it was declared is not checked again.</summary>
internal sealed record ExchangeEntry(string Vhost, ExchangeDeclaration Declaration) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfExchange(Vhost, Declaration.Name);

    public override FieldTable Arguments => Declaration.Arguments;

    public static ExchangeEntry Read(EntryFields fields, FieldTable arguments)
    {
        string type = fields.Text("type");
        if (!ExchangeTypes.IsKnown(type))
            throw new FormatException($"makes an exchange of the type '{type}', which is not known");
        return new ExchangeEntry(fields.Text("vhost"), new ExchangeDeclaration
        {
            Name = fields.Text("name"),
            Type = type,
            Durable = fields.Flag("durable"),
            AutoDelete = fields.Flag("auto-delete"),
            Internal = fields.Flag("internal"),
            Arguments = arguments,
        });
    }

    public override bool IsDurable(DefinitionsDraft draft) => Declaration.Durable;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Vhost)?.Exchanges.Contains(Declaration.Name) == true;

    // Another may have taken the name. Who declares what is there is told so, if it is what he declares.
    public override bool IsDone(DefinitionsDraft draft) => false;

    public override DefinitionKey? Missing(DefinitionsDraft draft) => draft.UnlessVhost(Vhost);

    public override void Apply(DefinitionsDraft draft, long index)
    {
        Vhost vhost = draft.VhostOf(Vhost);
        EffectivePolicy? policy = vhost.Policies.MatchExchange(Declaration.Name);
        draft.Put(vhost.WithExchange(ExchangeTypes.Create(Declaration).WithPolicy(policy)));
        draft.LacksStores |= DelayStore.IsMissing(vhost, Declaration);
    }

    public override void Write(FieldTable fields)
    {
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("name", FieldValue.Of(Declaration.Name));
        fields.Add("type", FieldValue.Of(Declaration.Type));
        fields.Add("durable", FieldValue.Of(Declaration.Durable));
        fields.Add("auto-delete", FieldValue.Of(Declaration.AutoDelete));
        fields.Add("internal", FieldValue.Of(Declaration.Internal));
    }
}
