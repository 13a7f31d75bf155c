using Warren.Amqp;
using Warren.Broker.Policies;
using Warren.Broker.Topology;

namespace Warren.Broker.Exchanges;

/// <summary>
/// An exchange with its bindings, part of a <see cref="Vhost"/>. Immutable once it is published: a change copies this
/// object and the path to the change in its persistent structures, and shares the rest. Types differ in what they
/// keep for matching, which <see cref="Bind"/> and <see cref="Unbind"/> keep in step with the set of bindings.
/// </summary>
public abstract class Exchange
{
    // The argument and the policy's key have the same name.
    private const string AlternateArgument = "alternate-exchange";

    private readonly ExchangeDeclaration _declaration;

    private protected Exchange(ExchangeDeclaration declaration)
    {
        _declaration = declaration;
        // Another type than a string was refused when it was declared; here it is no name.
        if (declaration.Arguments.TryGetValue(AlternateArgument, out FieldValue alternate)
            && alternate.Kind == FieldKind.LongString)
            AlternateExchange = alternate.AsText();
    }

    public string Name => _declaration.Name;

    /// <summary>The name of its type, as declared.</summary>
    public string Type => _declaration.Type;

    public bool Durable => _declaration.Durable;

    public bool AutoDelete => _declaration.AutoDelete;

    public bool Internal => _declaration.Internal;

    public FieldTable Arguments => _declaration.Arguments;

    /// <summary>
    /// Where messages go that no binding matches; null is nowhere. The argument, or else the policy.
    /// </summary>
    public string? AlternateExchange { get; private set; }

    /// <summary>What is in force for it; null: no policy matches its name.</summary>
    public EffectivePolicy? Policy { get; private set; }

    /// <summary>Bindings whose source this is.</summary>
    public BindingSet Bindings { get; private set; }

    public int BindingCount => Bindings.Count;

    /// <summary>Whether the destinations depend on the routing key.</summary>
    internal abstract bool ReadsKey { get; }

    /// <summary>Whether the same key always goes to the same destinations.</summary>
    internal abstract bool RoutesByKeyAlone { get; }

    /// <summary>Checks a binding's key and arguments against the type's rules.</summary>
    /// <exception cref="AmqpException">406, in RabbitMQ's words.</exception>
    public virtual void Validate(Binding binding)
    {
    }

    /// <summary>
    /// The exchange with this policy in force; its alternate is without effect where the argument gives one.
    /// </summary>
    public Exchange WithPolicy(EffectivePolicy? policy)
    {
        if (ReferenceEquals(policy, Policy))
            return this;
        Exchange copy = Copy();
        copy.Policy = policy;
        if (!Arguments.ContainsKey(AlternateArgument))
        {
            copy.AlternateExchange = policy?.Definition.TryGetValue(AlternateArgument, out FieldValue alternate) == true
                && alternate.Kind == FieldKind.LongString
                    ? alternate.AsText()
                    : null;
        }
        return copy;
    }

    /// <summary>Adds a binding, or puts it in the place of its equal, whose queue's definition has changed.</summary>
    internal Exchange WithBinding(Binding binding)
    {
        Exchange copy = Copy();
        copy.Bindings = Bindings.With(binding);
        copy.Bind(binding, isNew: copy.BindingCount > BindingCount);
        return copy;
    }

    internal Exchange WithoutBinding(Binding binding)
    {
        if (!Bindings.Contains(binding))
            return this;
        Exchange copy = Copy();
        copy.Bindings = Bindings.Without(binding);
        copy.Unbind(binding);
        return copy;
    }

    /// <summary>Adds the destinations of one message; true when a binding matched, whatever it led to.</summary>
    internal abstract bool Route(in RoutingInput input, RouteSet routes);

    /// <summary>
    /// Takes a binding into a fresh copy that nobody else sees yet; not new: its queue's definition changed.
    /// </summary>
    private protected abstract void Bind(Binding binding, bool isNew);

    /// <summary>Drops a binding from a fresh copy that nobody else sees yet.</summary>
    private protected abstract void Unbind(Binding binding);

    private Exchange Copy() => (Exchange)MemberwiseClone();
}
