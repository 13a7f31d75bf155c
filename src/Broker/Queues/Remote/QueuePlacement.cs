using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Policies;
using Warren.Broker.Topology;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// Decides, where a queue is declared, which node becomes its home: by its argument, else by its policy, else by the
/// configuration (<c>queue_leader_locator</c>, <c>queue_master_locator</c>), else this node; but on none that is under
/// maintenance while there is another one. And which others become members with it, if the queue is replicated.
/// </summary>
internal static class QueuePlacement
{
    public static NodeId HomeOf(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, QueueType type,
        FieldTable arguments)
    {
        if (broker.QueueLinks is not { } links)
            return NodeId.None;
        if (declaration.Exclusive)
            return links.Self;
        NodeId[] members = [.. links.Members.Where(member => !broker.Maintenance.Includes(member))];
        if (members.Length == 0)
            return links.Self;
        return Locator(broker, topology, declaration, type, arguments) switch
        {
            "balanced" or "min-masters" or "least-leaders" => Emptiest(topology, links.Self, members),
            "random" => members[broker.NewRandom().Next(members.Length)],
            _ => broker.Maintenance.IsOwn ? Emptiest(topology, links.Self, members) : links.Self,
        };
    }

    /// <summary>
    /// The first members of a replicated queue; none: it is not replicated, and lives on <see cref="HomeOf"/> alone.
    /// The first is the one that it would live on; the others are those with the fewest members of queues, of the nodes
    /// that are up before those that are not.
    /// </summary>
    public static ImmutableArray<NodeId> MembersOf(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, QueueType type,
        FieldTable arguments)
    {
        ImmutableSortedDictionary<NodeId, MemberEntry> members = broker.Nodes.Members;
        if (broker.Replication is null || broker.QueueLinks is not { } links || members.Count < 2
            || declaration.Exclusive)
            return [];
        MirrorWish wish = type == QueueType.Quorum
            ? new MirrorWish(SizeOf(broker, topology, declaration, type, arguments), [.. members.Keys])
            : MirrorWish.Of(PolicyOf(topology, declaration, type), members) ?? default;
        if (wish.Nodes.IsDefaultOrEmpty)
            return [];
        Dictionary<NodeId, int> counts = Count(topology, links.Self, members.Keys, withFollowers: true);
        NodeId home = HomeOf(broker, topology, declaration, type, arguments);
        return
        [
            .. InOrder(links, counts, declaration.Vhost, declaration.Name, wish.Nodes)
                .OrderBy(member => member == home ? 0 : 1)
                .Take(Math.Min(wish.Size, broker.MostQueueMembers)),
        ];
    }

    /// <summary>
    /// The first members of what keeps the messages of a delayed exchange: as many as a quorum queue has without an
    /// argument. None: the cluster has not so many nodes that anything could be replicated, or is not to replicate.
    /// </summary>
    public static ImmutableArray<NodeId> MembersOfStore(
        MessageBroker broker, TopologySnapshot topology, string vhost, string name)
    {
        ImmutableSortedDictionary<NodeId, MemberEntry> members = broker.Nodes.Members;
        if (broker.Replication is null || broker.QueueLinks is not { } links)
            return [];
        int size = Math.Min(SizeOfStore(broker), members.Count);
        if (size < 2)
            return [];
        Dictionary<NodeId, int> counts = Count(topology, links.Self, members.Keys, withFollowers: true);
        return [.. InOrder(links, counts, vhost, name, [.. members.Keys]).Take(size)];
    }

    /// <summary>How many queues have a member on each node of the cluster; what is placed is to be added.</summary>
    public static Dictionary<NodeId, int> CountMembers(MessageBroker broker) => Count(
        broker.Topology, broker.QueueLinks!.Self, broker.Nodes.Members.Keys, withFollowers: true);

    /// <summary>
    /// The members that a replicated queue should have. A quorum queue: those that it is to have and that are in the
    /// cluster, and others in the places of those that are not, as many as when somebody said which, or as its target
    /// says. One that is classic: as its <c>ha-*</c> policy says, of those that it has first; without one a single
    /// member. Fewer if there are not so many nodes. None if none of its members is in the cluster: nobody has what it
    /// held.
    /// </summary>
    /// <param name="broker">This node's.</param>
    /// <param name="queue">Which.</param>
    /// <param name="counts">Of members on each node of the cluster.</param>
    /// <param name="absent">Nodes of the cluster that have been away for long: others take their places.</param>
    public static ImmutableArray<NodeId> RepairedMembersOf(
        MessageBroker broker, QueueDefinition queue, Dictionary<NodeId, int> counts, ImmutableArray<NodeId> absent)
    {
        ImmutableArray<NodeId> rest = [.. queue.Members.Where(counts.ContainsKey)];
        if (rest.IsEmpty)
            return [];
        EffectivePolicy? policy = null;
        if (broker.Topology.Vhosts.TryGetValue(queue.Vhost, out Vhost? vhost))
            vhost.Policies.OfQueues.TryGetValue(queue.Name, out policy);
        if (queue.Type != QueueType.Quorum)
            return MirrorsOf(broker, queue, rest, policy, counts, absent);
        if (!queue.IsDelayStore && !broker.Options.AddsQuorumMembers)
            return rest;
        long target = queue.IsDelayStore ? SizeOfStore(broker) : TargetOf(broker, queue, policy);
        int wanted = Math.Min((int)Math.Max(queue.WishedSize, target), broker.MostQueueMembers);
        if (rest.Length < wanted)
            rest = Fill(broker, queue, rest, [.. counts.Keys], wanted, counts);
        return Replace(broker, queue, rest, [.. counts.Keys], absent, counts);
    }

    /// <summary>
    /// A replicated queue that has lived on one node is led, and its group is there to stay: others may become members.
    /// </summary>
    public static bool IsBegun(MessageBroker broker, QueueDefinition queue) => !queue.Founders.IsEmpty
        || queue.Members.Length > 1 || broker.QueueLinks?.LeaderBook.MembersOf(queue.Id.Value) is { Term.Value: > 0 };

    /// <summary>
    /// A queue that lives on one node is to have members: on more nodes by its policy or its argument, or on others
    /// than its home.
    /// </summary>
    public static bool WantsMembers(MessageBroker broker, QueueDefinition queue)
    {
        if (!queue.MayHaveMembers || !broker.Nodes.Members.ContainsKey(queue.HomeNode)
            || !broker.Topology.Vhosts.TryGetValue(queue.Vhost, out Vhost? vhost))
            return false;
        vhost.Policies.OfQueues.TryGetValue(queue.Name, out EffectivePolicy? policy);
        if (queue.Type == QueueType.Quorum)
        {
            return broker.Options.AddsQuorumMembers && broker.Nodes.Members.Count > 1
                && TargetOf(broker, queue, policy) > 1;
        }
        return MirrorWish.Of(policy, broker.Nodes.Members) is { Nodes.IsEmpty: false } wish
            && (wish.Size > 1 || !wish.Nodes.Contains(queue.HomeNode));
    }

    // Of more than are wanted those go that are down, and then the last: the first is the one that it is shown on.
    private static ImmutableArray<NodeId> MirrorsOf(
        MessageBroker broker, QueueDefinition queue, ImmutableArray<NodeId> rest, EffectivePolicy? policy,
        Dictionary<NodeId, int> counts, ImmutableArray<NodeId> absent)
    {
        MirrorWish wish = MirrorWish.Of(policy, broker.Nodes.Members) ?? new MirrorWish(1, rest);
        // None of the nodes that it names is there.
        if (wish.Nodes.IsEmpty)
            return rest;
        int wanted = Math.Min(wish.Size, broker.MostQueueMembers);
        ImmutableArray<NodeId> kept = [.. rest.Where(wish.Nodes.Contains)];
        ImmutableArray<NodeId> chosen = kept.Length <= wanted
            ? Fill(broker, queue, kept, wish.Nodes, wanted, counts)
            : Shrink(broker, kept, wanted);
        chosen = Replace(broker, queue, chosen, wish.Nodes, absent, counts);
        // One that has all of it stays until one that is wished for has; if nobody has told who has, all stay.
        if (broker.QueueLinks!.LeaderBook.MembersOf(queue.Id.Value) is not { } told)
            return [.. rest, .. chosen.Except(rest)];
        NodeId holder = rest.FirstOrDefault(told.Voters.Contains);
        return chosen.Any(told.Voters.Contains) || holder.IsNone ? chosen : [.. chosen, holder];
    }

    private static ImmutableArray<NodeId> Shrink(MessageBroker broker, ImmutableArray<NodeId> members, int wanted)
    {
        IReadOnlyList<NodeId> up = broker.QueueLinks!.Members;
        NodeId[] stay = [.. members.OrderBy(member => up.Contains(member) ? 0 : 1).Take(wanted)];
        return [.. members.Where(stay.Contains)];
    }

    private static ImmutableArray<NodeId> Fill(
        MessageBroker broker, QueueDefinition queue, ImmutableArray<NodeId> members, ImmutableArray<NodeId> nodes,
        int wanted, Dictionary<NodeId, int> counts) =>
    [
        .. members,
        .. InOrder(broker.QueueLinks!, counts, queue.Vhost, queue.Name, nodes.RemoveRange(members))
            .Take(wanted - members.Length),
    ];

    // As many as there are others for; and not while another member is away too, since who comes counts for the
    // majority before who goes does no more.
    private static ImmutableArray<NodeId> Replace(
        MessageBroker broker, QueueDefinition queue, ImmutableArray<NodeId> members, ImmutableArray<NodeId> nodes,
        ImmutableArray<NodeId> absent, Dictionary<NodeId, int> counts)
    {
        NodeId[] gone = [.. members.Where(absent.Contains)];
        IReadOnlyList<NodeId> up = broker.QueueLinks!.Members;
        if (gone.Length == 0 || 2 * (members.Length - gone.Length) <= members.Length
            || members.Any(member => !up.Contains(member) && !gone.Contains(member)))
            return members;
        NodeId[] others =
        [
            .. InOrder(broker.QueueLinks, counts, queue.Vhost, queue.Name, nodes.RemoveRange(members))
                .Where(node => up.Contains(node) && !broker.Maintenance.Includes(node))
                .Take(gone.Length),
        ];
        return [.. members.RemoveRange(gone.Take(others.Length)), .. others];
    }

    // Those that are up before those that are not, those under maintenance between, and then those with the fewest
    // members.
    private static IEnumerable<NodeId> InOrder(
        QueueLinks links, Dictionary<NodeId, int> counts, string vhost, string queue, ImmutableArray<NodeId> nodes)
    {
        IReadOnlyList<NodeId> up = links.Members;
        return nodes
            .OrderBy(member => !up.Contains(member) ? 2 : links.Broker.Maintenance.Includes(member) ? 1 : 0)
            .ThenBy(member => counts[member])
            .ThenBy(member => Rank(vhost, queue, member));
    }

    private static int SizeOfStore(MessageBroker broker) =>
        Math.Min(broker.Options.QuorumInitialGroupSize, broker.MostQueueMembers);

    // As in RabbitMQ: the argument, but no more than a policy says; without either as the configuration says.
    private static long TargetOf(MessageBroker broker, QueueDefinition queue, EffectivePolicy? policy)
    {
        long? asked = NumberOf(queue.Arguments, "x-quorum-target-group-size");
        long? ruled = policy is null ? null : NumberOf(policy.Definition, "target-group-size");
        long target = Math.Min(asked ?? long.MaxValue, ruled ?? long.MaxValue);
        return asked is null && ruled is null
            ? broker.Options.QuorumTargetGroupSize
            : Math.Clamp(target, 0, QueueMembersEntry.Most);
    }

    // The argument is taken at its word, as in RabbitMQ. A policy's target is what the queue would be grown to.
    private static int SizeOf(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, QueueType type,
        FieldTable arguments)
    {
        if (NumberOf(arguments, "x-quorum-initial-group-size") is { } asked)
            return (int)Math.Min(asked, broker.MostQueueMembers);
        long target = PolicyOf(topology, declaration, type) is { } policy
            ? NumberOf(policy.Definition, "target-group-size") ?? 0
            : 0;
        return (int)Math.Min(Math.Max(broker.Options.QuorumInitialGroupSize, target), broker.MostQueueMembers);
    }

    private static string? Locator(
        MessageBroker broker, TopologySnapshot topology, QueueDeclaration declaration, QueueType type,
        FieldTable arguments)
    {
        foreach (string name in (ReadOnlySpan<string>)["queue-leader-locator", "queue-master-locator"])
        {
            if (TextOf(arguments, "x-" + name) is { } asked)
                return asked;
        }
        if (PolicyOf(topology, declaration, type) is { } policy)
        {
            foreach (string name in (ReadOnlySpan<string>)["queue-leader-locator", "queue-master-locator"])
            {
                if (TextOf(policy.Definition, name) is { } wished)
                    return wished;
            }
        }
        return broker.Options.QueueLeaderLocator;
    }

    private static string? TextOf(FieldTable table, string name) =>
        table.TryGetValue(name, out FieldValue value) && value.Kind == FieldKind.LongString ? value.AsText() : null;

    private static long? NumberOf(FieldTable table, string name) =>
        table.TryGetValue(name, out FieldValue value) && value.TryGetInteger(out long number) ? number : null;

    private static EffectivePolicy? PolicyOf(
        TopologySnapshot topology, QueueDeclaration declaration, QueueType type) =>
        topology.Vhosts.TryGetValue(declaration.Vhost, out Vhost? vhost)
            ? vhost.Policies.Match(declaration.Name, type)
            : null;

    // This node among equals: no way is shorter.
    private static NodeId Emptiest(TopologySnapshot topology, NodeId self, IReadOnlyList<NodeId> members)
    {
        Dictionary<NodeId, int> counts = Count(topology, self, members, withFollowers: false);
        return members.OrderBy(member => counts[member]).ThenBy(member => member == self ? 0 : 1).First();
    }

    private static Dictionary<NodeId, int> Count(
        TopologySnapshot topology, NodeId self, IEnumerable<NodeId> nodes, bool withFollowers)
    {
        var counts = nodes.ToDictionary(node => node, _ => 0);
        foreach ((_, Vhost vhost) in topology.Vhosts)
        {
            Add(vhost.Spread.Homes);
            if (withFollowers)
                Add(vhost.Spread.Followers);
        }
        return counts;

        void Add(ImmutableDictionary<NodeId, int> queues)
        {
            foreach ((NodeId node, int count) in queues)
            {
                NodeId home = node.IsNone ? self : node;
                if (counts.TryGetValue(home, out int present))
                    counts[home] = present + count;
            }
        }
    }

    // Which of equals comes first is another matter for each name, and the same on every node and in every run
    // (FNV-1a, mixed so that the last octets matter as much as the first).
    private static ulong Rank(string vhost, string queue, NodeId node)
    {
        Span<byte> identity = stackalloc byte[16];
        node.Value.TryWriteBytes(identity);
        ulong hash = 14695981039346656037;
        foreach (char letter in vhost)
            hash = (hash ^ letter) * 1099511628211;
        foreach (char letter in queue)
            hash = (hash ^ letter) * 1099511628211;
        foreach (byte octet in identity)
            hash = (hash ^ octet) * 1099511628211;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        return hash ^ (hash >> 33);
    }
}
