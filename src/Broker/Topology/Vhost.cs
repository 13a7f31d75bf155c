using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Warren.Amqp;
using Warren.Broker.Delays;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;

namespace Warren.Broker.Topology;

/// <summary>
/// The exchanges, queues and bindings of one virtual host: immutable, read by all threads. A change is a new value
/// that shares what did not change; it is made by the turn that applies definitions, in time proportional to the
/// change.
/// <para>
/// Invariants: a binding is held by its source exchange and in the index of its destination's kind, and both ends
/// exist. A bound queue is held by reference, always the definition that <see cref="Queues"/> holds too. The default
/// exchange's bindings are implicit: made up when listed, never stored.
/// </para>
/// </summary>
public sealed class Vhost
{
    private static readonly (string Name, string Type, bool Internal)[] Predeclared =
    [
        ("", ExchangeTypes.Direct, false),
        ("amq.direct", ExchangeTypes.Direct, false),
        ("amq.fanout", ExchangeTypes.Fanout, false),
        ("amq.topic", ExchangeTypes.Topic, false),
        ("amq.headers", ExchangeTypes.Headers, false),
        ("amq.match", ExchangeTypes.Headers, false),
        ("amq.rabbitmq.trace", ExchangeTypes.Topic, true),
    ];

    private Vhost(string name, NameMap<Exchange> exchanges)
    {
        Name = name;
        Exchanges = exchanges;
    }

    private Vhost(Vhost other)
    {
        Name = other.Name;
        Description = other.Description;
        Tags = other.Tags;
        DefaultQueueType = other.DefaultQueueType;
        Exchanges = other.Exchanges;
        Queues = other.Queues;
        DelayStores = other.DelayStores;
        Spread = other.Spread;
        ToQueues = other.ToQueues;
        ToExchanges = other.ToExchanges;
        Policies = other.Policies;
        Parameters = other.Parameters;
    }

    public string Name { get; }

    /// <summary>The operator's words, shown and not used.</summary>
    public string Description { get; private init; } = "";

    /// <summary>The operator's words, shown and not used.</summary>
    public ImmutableArray<string> Tags { get; private init; } = [];

    /// <summary>The type of queues declared without one: classic, quorum or stream; null: the node's.</summary>
    public string? DefaultQueueType { get; private init; }

    /// <summary>The default exchange is among them, named "".</summary>
    public NameMap<Exchange> Exchanges { get; private init; }

    public NameMap<QueueDefinition> Queues { get; private init; } = NameMap<QueueDefinition>.Empty;

    /// <summary>
    /// What keeps the messages that wait at delayed exchanges, by the exchange, which may be gone. None of them is
    /// among <see cref="Queues"/>, and nobody finds one by its name.
    /// </summary>
    internal NameMap<QueueDefinition> DelayStores { get; private init; } = NameMap<QueueDefinition>.Empty;

    /// <summary>Queues, and what keeps delayed messages.</summary>
    internal IEnumerable<QueueDefinition> QueuesAndStores =>
        Queues.Concat(DelayStores).Select(static queue => queue.Value);

    /// <summary>How many of <see cref="QueuesAndStores"/> are on each node.</summary>
    internal QueueSpread Spread { get; private init; } = QueueSpread.Empty;

    public VhostPolicies Policies { get; private init; } = VhostPolicies.Empty;

    /// <summary>It has more than every vhost begins with, queues left aside.</summary>
    public bool HasDefinitionsOfOwn => Exchanges.Count > Predeclared.Length || Parameters.Count > 0
        || !Policies.IsEmpty;

    /// <summary>Runtime parameters that are no policies and no limits, by component and name.</summary>
    public ImmutableSortedDictionary<ParameterName, FieldValue> Parameters { get; private init; } =
        ImmutableSortedDictionary<ParameterName, FieldValue>.Empty;

    internal BindingIndex ToQueues { get; private init; }

    internal BindingIndex ToExchanges { get; private init; }

    /// <summary>A vhost with RabbitMQ's predeclared exchanges, all durable.</summary>
    public static Vhost Create(string name)
    {
        NameMap<Exchange> exchanges = NameMap<Exchange>.Empty;
        foreach ((string exchange, string type, bool isInternal) in Predeclared)
        {
            var declaration = new ExchangeDeclaration
            {
                Name = exchange,
                Type = type,
                Durable = true,
                Internal = isInternal,
            };
            exchanges = exchanges.With(exchange, ExchangeTypes.Create(declaration));
        }
        return new(name, exchanges);
    }

    /// <summary>
    /// Adds a new exchange, or puts one made from the present one (by its With methods) in its place.
    /// </summary>
    /// <exception cref="InvalidOperationException">Its bindings are not those of the one it replaces.</exception>
    public Vhost WithExchange(Exchange exchange)
    {
        int bindings = Exchanges.TryGetValue(exchange.Name, out Exchange? present) ? present.BindingCount : 0;
        if (exchange.BindingCount != bindings)
            throw new InvalidOperationException($"The exchange '{exchange.Name}' would change its bindings unseen.");
        return With(Exchanges.With(exchange.Name, exchange), Queues, ToQueues, ToExchanges);
    }

    /// <summary>
    /// Removes an exchange, all bindings from it and to it, and auto-delete exchanges left without a binding, unless
    /// those that are durable are to be kept.
    /// </summary>
    public VhostChange WithoutExchange(string name, bool keepsDurable = false)
    {
        var removal = new VhostRemoval(this, keepsDurable);
        removal.RemoveExchange(name);
        return removal.Finish(Queues);
    }

    /// <summary>The queue of this name, or what keeps delayed messages and is called so.</summary>
    internal bool TryFindQueueOrStore(string name, [MaybeNullWhen(false)] out QueueDefinition queue) =>
        Queues.TryGetValue(name, out queue)
        || (DelayStore.TryParseName(name, out ReadOnlySpan<char> exchange)
            && DelayStores.TryGetValue(exchange, out queue));

    /// <summary>
    /// Adds a queue, or puts a changed definition in the place of the one with its name, bindings included.
    /// </summary>
    public Vhost WithQueue(QueueDefinition queue)
    {
        if (queue.DelaysOf is { } delayedAt)
        {
            QueueSpread others = DelayStores.TryGetValue(delayedAt, out QueueDefinition? before)
                ? Spread.Without(before)
                : Spread;
            return new(this) { DelayStores = DelayStores.With(delayedAt, queue), Spread = others.With(queue) };
        }
        NameMap<Exchange> exchanges = Exchanges;
        BindingIndex toQueues = ToQueues;
        foreach (Binding binding in ToQueues.Of(queue.Name))
        {
            Binding rebound = binding.WithQueue(queue);
            toQueues = toQueues.With(rebound);
            exchanges = exchanges.With(binding.Source, SourceOf(binding, exchanges).WithBinding(rebound));
        }
        QueueSpread rest = Queues.TryGetValue(queue.Name, out QueueDefinition? present)
            ? Spread.Without(present)
            : Spread;
        return With(exchanges, Queues.With(queue.Name, queue), toQueues, ToExchanges, rest.With(queue));
    }

    /// <summary>Removes a queue, all bindings to it, and auto-delete exchanges left without a binding.</summary>
    public VhostChange WithoutQueue(string name, bool keepsDurable = false)
    {
        if (!Queues.Contains(name) && TryFindQueueOrStore(name, out QueueDefinition? store))
            return new VhostChange(WithoutStore(store), [], []);
        var removal = new VhostRemoval(this, keepsDurable);
        removal.RemoveQueue(name);
        NameMap<QueueDefinition> queues = Queues.Without(name);
        VhostChange change = removal.Finish(queues);
        if (ReferenceEquals(queues, Queues))
            return change with { Vhost = this };
        Queues.TryGetValue(name, out QueueDefinition? removed);
        Vhost rest = change.Vhost.WithPolicies(Policies.WithQueue(name, null));
        return change with
        {
            Vhost = new Vhost(rest) { Spread = Spread.Without(removed!) },
        };
    }

    /// <summary>
    /// Adds a binding that the source's <see cref="Exchange.Validate"/> lets pass; the same vhost if it is there.
    /// </summary>
    /// <exception cref="InvalidOperationException">One of its ends does not exist.</exception>
    public Vhost WithBinding(Binding binding)
    {
        Exchange source = SourceOf(binding, Exchanges);
        if (source.Bindings.Contains(binding))
            return this;
        if (binding.DestinationKind == DestinationKind.Exchange)
        {
            if (!Exchanges.Contains(binding.Destination))
                throw new InvalidOperationException($"No exchange for the binding {binding}.");
            NameMap<Exchange> bound = Exchanges.With(binding.Source, source.WithBinding(binding));
            return With(bound, Queues, ToQueues, ToExchanges.With(binding));
        }
        if (!Queues.TryGetValue(binding.Destination, out QueueDefinition? queue))
            throw new InvalidOperationException($"No queue for the binding {binding}.");
        Binding resolved = binding.WithQueue(queue);
        NameMap<Exchange> exchanges = Exchanges.With(binding.Source, source.WithBinding(resolved));
        return With(exchanges, Queues, ToQueues.With(resolved), ToExchanges);
    }

    /// <summary>Removes a binding, and auto-delete exchanges left without one.</summary>
    public VhostChange WithoutBinding(Binding binding)
    {
        if (!Contains(binding))
            return new VhostChange(this, [], []);
        var removal = new VhostRemoval(this);
        removal.RemoveBinding(binding);
        return removal.Finish(Queues);
    }

    /// <summary>Whether the binding is there; the default exchange's implicit ones are not counted.</summary>
    public bool Contains(Binding binding) =>
        Exchanges.TryGetValue(binding.Source, out Exchange? source) && source.Bindings.Contains(binding);

    /// <summary>Bindings from an exchange; for the default exchange, one to each queue by its name.</summary>
    public IReadOnlyList<Binding> BindingsFrom(string exchange)
    {
        if (exchange.Length == 0)
            return [.. Queues.Select(queue => Implicit(queue.Value))];
        return Exchanges.TryGetValue(exchange, out Exchange? source) ? source.Bindings.ToList() : [];
    }

    /// <summary>Bindings to a queue, the default exchange's first.</summary>
    public IReadOnlyList<Binding> BindingsToQueue(string name) =>
        Queues.TryGetValue(name, out QueueDefinition? queue)
            ? [Implicit(queue), .. ToQueues.Of(name).ToList()]
            : [];

    /// <summary>Bindings that end at an exchange.</summary>
    public IReadOnlyList<Binding> BindingsToExchange(string name) => ToExchanges.Of(name).ToList();

    /// <summary>All bindings, the default exchange's first.</summary>
    public IEnumerable<Binding> AllBindings() =>
        BindingsFrom("").Concat(Exchanges.SelectMany(exchange => exchange.Value.Bindings.ToList()));

    internal Vhost With(
        NameMap<Exchange> exchanges,
        NameMap<QueueDefinition> queues,
        BindingIndex toQueues,
        BindingIndex toExchanges,
        QueueSpread? spread = null) => new(this)
        {
            Exchanges = exchanges,
            Queues = queues,
            Spread = spread ?? Spread,
            ToQueues = toQueues,
            ToExchanges = toExchanges,
        };

    internal Vhost WithProperties(string description, ImmutableArray<string> tags, string? defaultQueueType) =>
        new(this) { Description = description, Tags = tags, DefaultQueueType = defaultQueueType };

    internal Vhost WithPolicies(VhostPolicies policies) =>
        ReferenceEquals(policies, Policies) ? this : new(this) { Policies = policies };

    internal Vhost WithParameter(ParameterName name, FieldValue value) =>
        new(this) { Parameters = Parameters.SetItem(name, value) };

    internal Vhost WithoutParameter(ParameterName name) => new(this) { Parameters = Parameters.Remove(name) };

    private Vhost WithoutStore(QueueDefinition store) =>
        new(this) { DelayStores = DelayStores.Without(store.DelaysOf), Spread = Spread.Without(store) };

    private static Binding Implicit(QueueDefinition queue) => new("", DestinationKind.Queue, queue.Name, queue.Name);

    private static Exchange SourceOf(Binding binding, NameMap<Exchange> exchanges) =>
        exchanges.TryGetValue(binding.Source, out Exchange? source)
            ? source
            : throw new InvalidOperationException($"No exchange for the binding {binding}.");
}
