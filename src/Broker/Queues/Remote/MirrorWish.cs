using System.Collections.Immutable;
using Warren.Amqp;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Policies;
using Warren.Cluster;

namespace Warren.Broker.Queues.Remote;

/// <summary>
/// What an <c>ha-*</c> policy wants of a classic queue: on how many nodes it has members, and on which.
/// </summary>
/// <param name="Size">Members; fewer if the cluster has fewer of the nodes.</param>
/// <param name="Nodes">Of these nodes; none of them is in the cluster: the queue is not replicated.</param>
internal readonly record struct MirrorWish(int Size, ImmutableArray<NodeId> Nodes)
{
    /// <summary>
    /// Two members lose their majority with either of them: where there is a third node, the queue has three.
    /// </summary>
    private const int LeastUseful = 3;

    /// <summary>Null: there is no such policy.</summary>
    /// <param name="policy">Both policies of the queue, merged.</param>
    /// <param name="members">The cluster's.</param>
    public static MirrorWish? Of(
        EffectivePolicy? policy, ImmutableSortedDictionary<NodeId, MemberEntry> members)
    {
        if (policy?.Definition is not { } definition || !definition.TryGetValue("ha-mode", out FieldValue mode)
            || mode.Kind != FieldKind.LongString)
            return null;
        definition.TryGetValue("ha-params", out FieldValue parameters);
        return mode.AsText() switch
        {
            "all" => new MirrorWish(members.Count, [.. members.Keys]),
            "exactly" when parameters.TryGetInteger(out long count) => new MirrorWish(
                (int)Math.Clamp(count == 2 ? LeastUseful : count, 1, members.Count), [.. members.Keys]),
            "nodes" when parameters.Kind == FieldKind.Array => Of(parameters.AsArray(), members),
            _ => null,
        };
    }

    /// <summary>It names two members, and queues get three.</summary>
    public static bool IsForTwo(FieldTable definition) =>
        definition.TryGetValue("ha-mode", out FieldValue mode) && mode.Kind == FieldKind.LongString
        && mode.AsText() == "exactly" && definition.TryGetValue("ha-params", out FieldValue size)
        && size.TryGetInteger(out long count) && count == 2;

    private static MirrorWish Of(FieldArray names, ImmutableSortedDictionary<NodeId, MemberEntry> members)
    {
        var named = names.Where(static name => name.Kind == FieldKind.LongString)
            .Select(static name => name.AsText())
            .ToHashSet(StringComparer.Ordinal);
        ImmutableArray<NodeId> nodes =
            [.. members.Where(member => named.Contains(member.Value.Name)).Select(static member => member.Key)];
        return new MirrorWish(nodes.Length, nodes);
    }
}
