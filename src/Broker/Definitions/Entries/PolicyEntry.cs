using Warren.Amqp;
using Warren.Broker.Policies;
using Warren.Broker.Security;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Sets a policy or an operator policy, instead of the one with its name.</summary>
internal sealed record PolicyEntry(string Vhost, Policy Policy, bool IsOperators) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfPolicy(Vhost, Policy.Name, IsOperators);

    public override FieldTable Arguments => Policy.Definition;

    public override byte FormatVersion => 2;

    public static PolicyEntry Read(EntryFields fields, FieldTable definition, bool isOperators)
    {
        string target = fields.Text("apply-to");
        if (!PolicyTargets.TryParse(target, out PolicyTarget known))
            throw new FormatException($"makes a policy for '{target}', which is not known");
        if (!NamePattern.TryCompile(fields.Text("pattern"), out NamePattern? pattern, out string? error))
            throw new FormatException($"has a pattern that cannot be used: {error}");
        return new PolicyEntry(
            fields.Text("vhost"),
            new Policy(fields.Text("name"), pattern, known, fields.Number("priority"), definition),
            isOperators);
    }

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Vhost)?.Policies.Find(Policy.Name, IsOperators)?.Equals(Policy) == true;

    public override DefinitionKey? Missing(DefinitionsDraft draft) => draft.UnlessVhost(Vhost);

    public override void Apply(DefinitionsDraft draft, long index) =>
        draft.SetPolicy(Vhost, Policy.Name, Policy, IsOperators);

    public override void Write(FieldTable fields)
    {
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("name", FieldValue.Of(Policy.Name));
        fields.Add("pattern", FieldValue.Of(Policy.Pattern.Text));
        fields.Add("apply-to", FieldValue.Of(PolicyTargets.NameOf(Policy.Target)));
        fields.Add("priority", FieldValue.Of(Policy.Priority));
    }
}
