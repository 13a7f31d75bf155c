using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Exchanges;
using Warren.Broker.Policies;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Broker.Security;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Definitions;

/// <summary>
/// The definitions as they will be once some entries have been applied, which nobody sees before it is published. The
/// one place where entries become state, be they new or found by a start. Lives for one change; one that fails leaves
/// nothing behind.
/// </summary>
internal sealed class DefinitionsDraft
{
    private readonly List<DefinitionsEntry> _entries = new(0);
    private List<DefinitionKey> _takenAlong = new(0);
    private readonly Dictionary<long, QueueHome>? _homes;
    private long _lastIndex;
    private long? _membersAt;

    /// <param name="broker">Whose published state is where it begins.</param>
    /// <param name="lastIndex">
    /// The highest index given so far: entries that are added get others than those that they will have.
    /// </param>
    public DefinitionsDraft(MessageBroker broker, long lastIndex)
    {
        Broker = broker;
        Topology = broker.Topology;
        Security = broker.Security;
        Nodes = broker.Nodes;
        _lastIndex = lastIndex;
    }

    private DefinitionsDraft(MessageBroker broker, Dictionary<long, QueueHome> homes)
    {
        Broker = broker;
        Topology = TopologySnapshot.Empty;
        Security = SecuritySnapshot.Empty;
        Nodes = NodesSnapshot.Empty;
        _homes = homes;
    }

    public MessageBroker Broker { get; }

    public TopologySnapshot Topology { get; private set; }

    public SecuritySnapshot Security { get; set; }

    public NodesSnapshot Nodes { get; set; }

    /// <summary>Entries that were added and change something, in order.</summary>
    public IReadOnlyList<DefinitionsEntry> Entries => _entries;

    /// <summary>It holds all that there is, instead of what an entry or two have changed.</summary>
    public bool IsAnew => _homes is not null;

    /// <summary>Nothing has been applied.</summary>
    public bool IsUntouched { get; private set; } = true;

    public List<QueueDefinition> QueuesMade { get; } = [];

    public List<QueueDefinition> QueuesGone { get; } = [];

    /// <summary>
    /// Replicated queues that are to have other members, or are shown with another home; their homes' definitions are
    /// set when that is published.
    /// </summary>
    public List<QueueDefinition> QueuesMoved { get; } = [];

    /// <summary>Queues that go on with other settings, because of their policies.</summary>
    public Dictionary<QueueDefinition, QueueSettings> QueuesConfigured { get; } = [];

    /// <summary>A policy has been set or cleared.</summary>
    public bool HasOtherPolicies { get; private set; }

    /// <summary>
    /// A delayed exchange may have nothing that keeps its messages: one that is declared anew while its old store goes.
    /// </summary>
    public bool LacksStores { get; set; }

    /// <summary>Their connections are to be closed.</summary>
    public List<string> VhostsGone { get; } = [];

    /// <summary>Their connections are to be closed.</summary>
    public List<string> UsersGone { get; } = [];

    /// <summary>One that begins with nothing, and in which queues that are there go on.</summary>
    public static DefinitionsDraft Anew(MessageBroker broker) => new(
        broker, broker.QueuesAndStores().ToDictionary(queue => queue.Id.Value, queue => queue.Home));

    /// <summary>Tries a new entry, unless it changes nothing.</summary>
    /// <exception cref="AmqpException">It cannot be.</exception>
    public void Add(DefinitionsEntry entry)
    {
        if (entry.ChangesNothing(this))
            return;
        Apply(entry, ++_lastIndex);
        _entries.Add(entry);
    }

    /// <summary>Applies an entry that the log has.</summary>
    /// <returns>What goes along with what it removes.</returns>
    /// <exception cref="AmqpException">It cannot be.</exception>
    public IReadOnlyList<DefinitionKey> Apply(DefinitionsEntry entry, long index)
    {
        IsUntouched = false;
        if (_takenAlong.Count > 0)
            _takenAlong = new(0);
        entry.Apply(this, index);
        return _takenAlong;
    }

    /// <summary>
    /// The last entry that has made a queue, or given one members, that has a group in this node's log; null: none.
    /// </summary>
    public long? LastStored => QueuesMade
        .Where(queue => queue.SurvivesRestart && (queue.IsReplicated ? IsOn(queue) : queue.IsHere))
        .Select(static queue => (long?)queue.Id.Value).Append(_membersAt).Max();

    /// <summary>
    /// Of a draft that was made anew: what has gone and what has come, compared with what there was.
    /// </summary>
    public void CompareWith(TopologySnapshot topology, SecuritySnapshot security)
    {
        var made = QueuesMade.Select(queue => queue.Id.Value).ToHashSet();
        QueuesMade.RemoveAll(queue => _homes!.ContainsKey(queue.Id.Value));
        foreach ((string name, Vhost vhost) in topology.Vhosts)
        {
            if (FindVhost(name) is null)
                VhostsGone.Add(name);
            foreach (QueueDefinition queue in vhost.QueuesAndStores)
            {
                if (!made.Contains(queue.Id.Value))
                    QueuesGone.Add(queue);
            }
        }
        UsersGone.AddRange(security.Users.Select(access => access.User.Name)
            .Where(name => !Security.TryGetUser(name, out _)));
    }

    /// <summary>The queue itself, if it is there already.</summary>
    public QueueHome? FindHome(long id) => _homes?.GetValueOrDefault(id);

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
        HasOtherPolicies = true;
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

    public void RemoveQueue(string vhostName, string name, bool keepsDurable = false)
    {
        Vhost vhost = VhostOf(vhostName);
        if (vhost.TryFindQueueOrStore(name, out QueueDefinition? queue))
        {
            QueuesGone.Add(queue);
            LacksStores |= queue.IsDelayStore;
            TakeAlongMembers(queue);
        }
        Put(vhost.WithoutQueue(name, keepsDurable));
    }

    /// <summary>A node serves; if it belongs to another incarnation, what is not durable goes.</summary>
    public void BeginSession(NodeSession session, long incarnation)
    {
        if (incarnation != Nodes.Incarnation)
        {
            RemoveTransient();
            foreach (NodeId other in Nodes.Sessions.Keys.Where(node => node != session.Node))
            {
                _takenAlong.Add(DefinitionKey.OfSession(other));
                Nodes = Nodes.WithoutSession(other);
            }
        }
        else if (Nodes.Sessions.ContainsKey(session.Node))
        {
            EndSession(session.Node);
        }
        Nodes = Nodes.With(session, incarnation);
    }

    /// <summary>A node serves no more: what its clients owned goes.</summary>
    public void EndSession(NodeId node)
    {
        long session = Nodes.Sessions[node].Id;
        foreach ((_, Vhost vhost) in Topology.Vhosts)
        {
            foreach ((string name, QueueDefinition queue) in vhost.Queues)
            {
                if (queue.OwnerSession == session && !queue.SurvivesRestart)
                    TakeAlongQueue(vhost.Name, name, keepsDurable: false);
            }
        }
        Nodes = Nodes.WithoutSession(node);
    }

    /// <summary>Durable queues live on this node alone.</summary>
    public bool HasDurableQueues(NodeId node) => Topology.Vhosts.Any(vhost =>
        vhost.Value.QueuesAndStores.Any(queue => queue.SurvivesRestart && Nodes.IsOnlyOn(queue, node)));

    /// <summary>A node belongs to the cluster, or is called otherwise.</summary>
    public void AddMember(MemberEntry member)
    {
        bool isNew = !Nodes.Members.ContainsKey(member.Node);
        Nodes = Nodes.With(member);
        if (isNew)
            MoveQueues(member.Node);
    }

    /// <summary>A node belongs to the cluster no more.</summary>
    /// <param name="node">Which.</param>
    /// <param name="withQueues">What lives on it alone goes with it: it would be nowhere.</param>
    public void RemoveMember(NodeId node, bool withQueues)
    {
        if (withQueues)
        {
            foreach ((_, Vhost vhost) in Topology.Vhosts)
            {
                foreach (QueueDefinition queue in vhost.QueuesAndStores)
                {
                    if (Nodes.IsOnlyOn(queue, node))
                        TakeAlongQueue(vhost.Name, queue.Name, keepsDurable: false);
                }
            }
        }
        Nodes = Nodes.WithoutMember(node);
        MoveQueues(node);
    }

    /// <summary>A replicated queue is to have other members.</summary>
    public void SetMembers(QueueDefinition queue, ImmutableArray<NodeId> members, int wishedSize, long index)
    {
        _membersAt = index;
        QueueDefinition changed = queue.WithMembers(members, wishedSize, Nodes.HomeOf(members));
        Put(VhostOf(queue.Vhost).WithQueue(changed));
        Replace(new Dictionary<QueueDefinition, QueueDefinition> { [queue] = changed });
    }

    /// <summary>Queues whose entries name no home live on this node.</summary>
    public void SetHomes(NodeId node)
    {
        Nodes = Nodes with { HomeOfHomeless = node };
        foreach ((string name, Vhost vhost) in Topology.Vhosts)
        {
            foreach (QueueDefinition queue in vhost.QueuesAndStores)
            {
                if (queue.HomeNode.IsNone)
                    SetHome(name, queue, node);
            }
        }
    }

    public void RemoveVhost(string name)
    {
        Vhost vhost = VhostOf(name);
        foreach (QueueDefinition queue in vhost.QueuesAndStores)
        {
            QueuesGone.Add(queue);
            TakeAlongMembers(queue);
            _takenAlong.Add(DefinitionKey.OfQueue(name, queue.Name));
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

    private void SetHome(string vhost, QueueDefinition queue, NodeId node)
    {
        QueueHome home = queue.Home;
        if (Broker.QueueLinks is { } links && node != links.Self)
            home = new RemoteQueue(Broker, links, node, home.Settings);
        QueueDefinition homed = queue.LivingOn(node, home);
        home.Definition = homed;
        Put(VhostOf(vhost).WithQueue(homed));
        // Made and not seen by anybody yet, or there already.
        bool isNew = QueuesMade.Remove(queue);
        if (isNew || home != queue.Home)
            QueuesMade.Add(homed);
        if (!isNew && home != queue.Home)
            QueuesGone.Add(queue);
    }

    // Where a replicated queue is shown follows from its entry and the members of the cluster, whatever came first.
    private void MoveQueues(NodeId member)
    {
        Dictionary<QueueDefinition, QueueDefinition>? moved = null;
        foreach ((string name, Vhost vhost) in Topology.Vhosts)
        {
            foreach (QueueDefinition queue in vhost.QueuesAndStores)
            {
                if (!queue.Members.Contains(member) || Nodes.HomeOf(queue.Members) == queue.HomeNode)
                    continue;
                QueueDefinition one = queue.LivingOn(Nodes.HomeOf(queue.Members), queue.Home);
                (moved ??= [])[queue] = one;
                Put(VhostOf(name).WithQueue(one));
            }
        }
        if (moved is not null)
            Replace(moved);
    }

    private void Replace(Dictionary<QueueDefinition, QueueDefinition> moved)
    {
        QueuesMoved.AddRange(moved.Values);
        for (int place = 0; place < QueuesMade.Count; place++)
            QueuesMade[place] = moved.GetValueOrDefault(QueuesMade[place], QueuesMade[place]);
    }

    private void RemoveTransient()
    {
        foreach ((string where, Vhost vhost) in Topology.Vhosts)
        {
            foreach ((string name, QueueDefinition queue) in vhost.Queues)
            {
                if (!queue.SurvivesRestart)
                    TakeAlongQueue(where, name, keepsDurable: true);
            }
            foreach ((string name, Exchange exchange) in vhost.Exchanges)
            {
                if (!exchange.Durable && VhostOf(where).Exchanges.Contains(name))
                    Put(VhostOf(where).WithoutExchange(name, keepsDurable: true));
            }
        }
    }

    private void TakeAlongQueue(string vhost, string name, bool keepsDurable)
    {
        _takenAlong.Add(DefinitionKey.OfQueue(vhost, name));
        RemoveQueue(vhost, name, keepsDurable);
    }

    private bool IsOn(QueueDefinition queue) =>
        queue.Founders.Contains(Broker.Definitions.Self) || queue.Members.Contains(Broker.Definitions.Self);

    private void TakeAlongMembers(QueueDefinition queue)
    {
        if (queue.IsReplicated)
            _takenAlong.Add(DefinitionKey.OfQueueMembers(queue.Vhost, queue.Name));
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
