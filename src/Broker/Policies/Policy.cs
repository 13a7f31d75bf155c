using Warren.Amqp;
using Warren.Broker.Queues;
using Warren.Broker.Security;

namespace Warren.Broker.Policies;

/// <summary>
/// A policy, or an operator policy, which is one of a set of its own: settings for the queues and exchanges of a vhost
/// whose names match. Immutable. Equal when all that was set is equal.
/// </summary>
public sealed class Policy : IEquatable<Policy>
{
    /// <param name="name">Unique in its vhost among policies, or among operator policies.</param>
    /// <param name="pattern">Which names it is for.</param>
    /// <param name="target">Which kinds it is for.</param>
    /// <param name="priority">Of several that match, the highest is in force.</param>
    /// <param name="definition">Checked by <see cref="PolicyRules"/>; sorted by key, and not to be changed.</param>
    public Policy(string name, NamePattern pattern, PolicyTarget target, long priority, FieldTable definition)
    {
        Name = name;
        Pattern = pattern;
        Target = target;
        Priority = priority;
        Definition = definition;
    }

    public string Name { get; }

    public NamePattern Pattern { get; }

    public PolicyTarget Target { get; }

    public long Priority { get; }

    public FieldTable Definition { get; }

    /// <summary>
    /// Whether it is for this queue, the others left aside. A policy with a key that the queue's type cannot follow is
    /// for none of that type, as in RabbitMQ: so a mirroring policy for all names passes quorum queues by.
    /// </summary>
    public bool Matches(string queue, QueueType type) =>
        Target.Takes(type) && PolicyKey.AllAreFor(type, Definition) && MatchesName(queue);

    /// <summary>Whether it is for this exchange.</summary>
    public bool MatchesExchange(string exchange) => Target.TakesExchanges() && MatchesName(exchange);

    // An empty pattern is for every name here, while as a permission it is for none but the empty one.
    private bool MatchesName(string name) => Pattern.Text.Length == 0 || Pattern.Matches(name);

    public bool Equals(Policy? other) =>
        other is not null
        && Name == other.Name
        && Pattern.Text == other.Pattern.Text
        && Target == other.Target
        && Priority == other.Priority
        && Definition.Equals(other.Definition);

    public override bool Equals(object? obj) => Equals(obj as Policy);

    public override int GetHashCode() => HashCode.Combine(Name, Pattern.Text, Target, Priority);

    public override string ToString() =>
        $"{Name} {Pattern.Text} {PolicyTargets.NameOf(Target)} {Priority} {Definition}";
}
