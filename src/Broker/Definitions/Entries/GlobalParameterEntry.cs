using Warren.Amqp;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Sets a parameter that belongs to no vhost.</summary>
internal sealed record GlobalParameterEntry(string Name, FieldValue Value) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfGlobalParameter(Name);

    public override FieldTable Arguments => new() { [ParameterEntry.ValueField] = Value };

    public override byte FormatVersion => 2;

    public static GlobalParameterEntry Read(EntryFields fields, FieldTable arguments) =>
        new(fields.Text("name"), ParameterEntry.ReadValue(arguments));

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.Topology.GlobalParameters.TryGetValue(Name, out FieldValue present) && present == Value;

    public override void Apply(DefinitionsDraft draft, long index) => draft.SetGlobalParameter(Name, Value);

    public override void Write(FieldTable fields) => fields.Add("name", FieldValue.Of(Name));
}
