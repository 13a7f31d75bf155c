using Warren.Amqp;
using Warren.Broker.Exchanges;
using Warren.Broker.Queues;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions.Entries;

/// <summary>Makes a binding. It is durable if both its ends are.</summary>
internal sealed record BindingEntry(string Vhost, Binding Binding) : DefinitionsEntry
{
    public override DefinitionKey Key => DefinitionKey.OfBinding(Vhost, Binding);

    public override FieldTable Arguments => Binding.Arguments;

    public static BindingEntry Read(EntryFields fields, FieldTable arguments) =>
        new(fields.Text("vhost"), ReadBinding(fields, arguments));

    public static Binding ReadBinding(EntryFields fields, FieldTable arguments) => new(
        fields.Text("source"),
        fields.Text("destination-type") switch
        {
            "queue" => DestinationKind.Queue,
            "exchange" => DestinationKind.Exchange,
            string other => throw new FormatException($"binds something of the type '{other}'"),
        },
        fields.Text("destination"),
        fields.Text("routing-key"),
        arguments);

    public static void Write(FieldTable fields, string vhost, Binding binding)
    {
        fields.Add("vhost", FieldValue.Of(vhost));
        fields.Add("source", FieldValue.Of(binding.Source));
        string kind = binding.DestinationKind == DestinationKind.Queue ? "queue" : "exchange";
        fields.Add("destination-type", FieldValue.Of(kind));
        fields.Add("destination", FieldValue.Of(binding.Destination));
        fields.Add("routing-key", FieldValue.Of(binding.RoutingKey));
    }

    public override bool IsDurable(DefinitionsDraft draft)
    {
        Vhost vhost = draft.VhostOf(Vhost);
        return vhost.Exchanges.TryGetValue(Binding.Source, out Exchange? source)
            && source.Durable
            && (Binding.DestinationKind == DestinationKind.Queue
                ? vhost.Queues.TryGetValue(Binding.Destination, out QueueDefinition? queue) && queue.SurvivesRestart
                : vhost.Exchanges.TryGetValue(Binding.Destination, out Exchange? exchange) && exchange.Durable);
    }

    public override bool ChangesNothing(DefinitionsDraft draft) =>
        draft.FindVhost(Vhost)?.Contains(Binding) == true;

    public override DefinitionKey? Missing(DefinitionsDraft draft)
    {
        if (draft.FindVhost(Vhost) is not { } vhost)
            return DefinitionKey.OfVhost(Vhost);
        if (!vhost.Exchanges.Contains(Binding.Source))
            return DefinitionKey.OfExchange(Vhost, Binding.Source);
        if (Binding.DestinationKind == DestinationKind.Queue)
        {
            return vhost.Queues.Contains(Binding.Destination)
                ? null
                : DefinitionKey.OfQueue(Vhost, Binding.Destination);
        }
        return vhost.Exchanges.Contains(Binding.Destination)
            ? null
            : DefinitionKey.OfExchange(Vhost, Binding.Destination);
    }

    public override void Apply(DefinitionsDraft draft, long index) =>
        draft.Put(draft.VhostOf(Vhost).WithBinding(Binding));

    public override void Write(FieldTable fields) => Write(fields, Vhost, Binding);
}
