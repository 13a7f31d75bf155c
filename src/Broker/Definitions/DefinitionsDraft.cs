using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Security;
using Warren.Broker.Topology;

namespace Warren.Broker.Definitions;

/// <summary>
/// The definitions as they will be once some entries have been applied, which nobody sees before it is published. The
/// one place where entries become state, be they new or found by a start. Lives for one change; one that fails leaves
/// nothing behind.
/// </summary>
internal sealed class DefinitionsDraft
{
    private readonly List<DraftStep> _steps = [];
    private List<DefinitionKey> _takenAlong = [];
    private long _lastIndex;

    /// <param name="broker">Whose published state is where it begins.</param>
    /// <param name="lastIndex">The highest index given so far.</param>
    public DefinitionsDraft(MessageBroker broker, long lastIndex)
    {
        Broker = broker;
        Topology = broker.Topology;
        Security = broker.Security;
        _lastIndex = lastIndex;
    }

    public MessageBroker Broker { get; }

    public TopologySnapshot Topology { get; private set; }

    public SecuritySnapshot Security { get; set; }

    public long LastIndex => _lastIndex;

    /// <summary>Entries that changed something, in order.</summary>
    public IReadOnlyList<DraftStep> Steps => _steps;

    public List<QueueDefinition> QueuesMade { get; } = [];

    public List<QueueDefinition> QueuesGone { get; } = [];

    /// <summary>Queues that go on with other settings, because of their policies.</summary>
    public Dictionary<QueueDefinition, QueueSettings> QueuesConfigured { get; } = [];

    /// <summary>Their connections are to be closed.</summary>
    public List<string> VhostsGone { get; } = [];

    /// <summary>Their connections are to be closed.</summary>
    public List<string> UsersGone { get; } = [];

    /// <summary>Applies a new entry, unless it changes nothing.</summary>
    public void Add(DefinitionsEntry entry)
    {
        if (entry.ChangesNothing(this))
            return;
        _takenAlong = [];
        entry.Apply(this, ++_lastIndex);
        bool isKept = !entry.Removes && entry.IsDurable(this);
        _steps.Add(new DraftStep(entry, _lastIndex, isKept, _takenAlong));
    }

    /// <summary>Applies an entry that the log has already.</summary>
    public void Restore(DefinitionsEntry entry, long index) => entry.Apply(this, index);

    public Vhost? FindVhost(string name) => Topology.Vhosts.TryGetValue(name, out Vhost? vhost) ? vhost : null;

    /// <summary>The vhost that somebody made sure of.</summary>
    public Vhost VhostOf(string name) =>
        FindVhost(name) ?? throw new InvalidOperationException($"No vhost '{name}' for what is to be in it.");

    /// <summary>The vhost's key if there is no such vhost.</summary>
    public DefinitionKey? UnlessVhost(string name) => FindVhost(name) is null ? DefinitionKey.OfVhost(name) : null;

    /// <summary>The user's key if there is no such user.</summary>
    public DefinitionKey? UnlessUser(string name) =>
        Security.TryGetUser(name, out _) ? null : DefinitionKey.OfUser(name);

    public void Put(Vhost vhost) => Topology = Topology.With(vhost);

    /// <summary>Puts what a removal left, and notes what went with it.</summary>
    public void Put(VhostChange change)
    {
        string vhost = change.Vhost.Name;
        foreach (Exchange exchange in change.RemovedExchanges)
            _takenAlong.Add(DefinitionKey.OfExchange(vhost, exchange.Name));
        foreach (Binding binding in change.RemovedBindings)
            _takenAlong.Add(DefinitionKey.OfBinding(vhost, binding));
        Put(change.Vhost);
    }

    /// <summary>Sets a policy, or clears it where <paramref name="policy"/> is null.</summary>
    public void SetPolicy(string vhostName, string name, Policy? policy, bool isOperators)
    {
        Vhost vhost = VhostOf(vhostName);
        var change = new PolicyChange(vhost.Policies.Find(name, isOperators), policy);
        Put(change.Apply(vhost, policy is null
            ? vhost.Policies.Without(name, isOperators)
            : vhost.Policies.With(policy, isOperators)));
        foreach ((QueueDefinition queue, EffectivePolicy? before, EffectivePolicy? after) in change.Queues)
        {
            QueueSettings settings = SettingsOf(queue, after);
            if (settings != SettingsOf(queue, before))
                QueuesConfigured[queue] = settings;
        }
    }

    public void SetGlobalParameter(string name, FieldValue? value) =>
        Topology = Topology.WithGlobalParameter(name, value);

    public void RemoveQueue(string vhostName, string name)
    {
        Vhost vhost = VhostOf(vhostName);
        if (vhost.Queues.TryGetValue(name, out QueueDefinition? queue))
            QueuesGone.Add(queue);
        Put(vhost.WithoutQueue(name));
    }

    public void RemoveVhost(string name)
    {
        Vhost vhost = VhostOf(name);
        foreach ((string queue, QueueDefinition definition) in vhost.Queues)
        {
            QueuesGone.Add(definition);
            _takenAlong.Add(DefinitionKey.OfQueue(name, queue));
        }
        foreach ((string exchange, Exchange source) in vhost.Exchanges)
        {
            _takenAlong.Add(DefinitionKey.OfExchange(name, exchange));
            foreach (Binding binding in source.Bindings)
                _takenAlong.Add(DefinitionKey.OfBinding(name, binding));
        }
        foreach (UserAccess user in Security.Users)
        {
            if (user.Vhosts.TryGetValue(name, out VhostAccess? access))
                TakeAlong(user.User.Name, name, access);
        }
        TakeAlongPolicies(vhost);
        foreach (ParameterName parameter in vhost.Parameters.Keys)
            _takenAlong.Add(DefinitionKey.OfParameter(name, parameter));
        VhostsGone.Add(name);
        Topology = Topology.Without(name);
        Security = Security.WithoutVhost(name);
    }

    public void RemoveUser(string name)
    {
        foreach ((string vhost, VhostAccess access) in Security.VhostsOf(name))
            TakeAlong(name, vhost, access);
        UsersGone.Add(name);
        Security = Security.WithoutUser(name);
    }

    private QueueSettings SettingsOf(QueueDefinition queue, EffectivePolicy? policy) =>
        PolicySettings.Of(queue.Type, queue.AutoDelete, queue.Arguments, policy, Broker.Options);

    private void TakeAlongPolicies(Vhost vhost)
    {
        foreach (bool isOperators in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (Policy policy in vhost.Policies.All(isOperators))
                _takenAlong.Add(DefinitionKey.OfPolicy(vhost.Name, policy.Name, isOperators));
        }
    }

    private void TakeAlong(string user, string vhost, VhostAccess access)
    {
        _takenAlong.Add(DefinitionKey.OfPermission(user, vhost));
        foreach (string exchange in access.Topics.Keys)
            _takenAlong.Add(DefinitionKey.OfTopicPermission(user, vhost, exchange));
    }
}
