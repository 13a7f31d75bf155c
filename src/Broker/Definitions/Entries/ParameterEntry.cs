using Warren.Amqp;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Sets a runtime parameter of a vhost.</summary>
internal sealed record ParameterEntry(string Vhost, ParameterName Parameter, FieldValue Value) : DefinitionsEntry
{
    /// <summary>The one argument that there is.</summary>
    internal const string ValueField = "value";

    public override DefinitionKey Key => DefinitionKey.OfParameter(Vhost, Parameter);

    public override FieldTable Arguments => new() { [ValueField] = Value };

    public override byte FormatVersion => 2;

    public static ParameterEntry Read(EntryFields fields, FieldTable arguments) =>
        new(fields.Text("vhost"), ReadName(fields), ReadValue(arguments));

    public static ParameterName ReadName(EntryFields fields) => new(fields.Text("component"), fields.Text("name"));

    public static FieldValue ReadValue(FieldTable arguments) => arguments.TryGetValue(ValueField, out FieldValue value)
        ? value
        : throw new FormatException("sets a parameter to no value");

    public override bool IsDurable(DefinitionsDraft draft) => true;

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Vhost)?.Parameters.TryGetValue(Parameter, out FieldValue present) == true && present == Value;

    public override DefinitionKey? Missing(DefinitionsDraft draft) => draft.UnlessVhost(Vhost);

    public override void Apply(DefinitionsDraft draft, long index) =>
        draft.Put(draft.VhostOf(Vhost).WithParameter(Parameter, Value));

    public override void Write(FieldTable fields)
    {
        fields.Add("vhost", FieldValue.Of(Vhost));
        fields.Add("component", FieldValue.Of(Parameter.Component));
        fields.Add("name", FieldValue.Of(Parameter.Name));
    }
}
