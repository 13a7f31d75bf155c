using Warren.Cluster;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Cluster;
using Warren.Server.Configuration;
using Warren.Storage.Disk;

namespace Warren.Server.Control;

/// <summary>
/// The commands that change who belongs to the cluster. Everything before and after them (arguments, the app's state,
/// banners, exit codes) is done elsewhere: this is the one place where they meet the node. Each ends when it is done,
/// and refuses with a sentence for the operator.
/// </summary>
internal sealed class ClusterCommands(NodeHost host)
{
    private readonly ClusterChanges _changes = new(host);

    /// <summary>The members, the node itself among them.</summary>
    public IReadOnlyList<string> Members => host.Node?.Broker.Cluster.Status.Members is { Length: > 1 } members
        ? [.. members.Select(member => member.Name).Order(StringComparer.Ordinal)]
        : [host.Options.Places.NodeName, .. Peers.Select(peer => peer.Name.Value)];

    /// <summary>What the node waits for before it serves clients; null: nothing.</summary>
    public string? Waiting => host.Cluster?.Waiting;

    /// <summary>The members that run, as far as this node sees; itself once it serves.</summary>
    public IReadOnlyList<string> RunningMembers
    {
        get
        {
            if (host.Node is not { } node)
                return [];
            IEnumerable<string> running = Peers.Where(peer => peer.IsUp).Select(peer => peer.Name.Value);
            if (node.Serving.IsCompletedSuccessfully)
                running = running.Append(host.Options.Places.NodeName);
            return [.. running.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>How things stand with the others.</summary>
    public IReadOnlyList<PeerStatus> Peers => host.Cluster?.Status() ?? [];

    /// <summary>
    /// Who of those that run has no link with whom: by node, both ways. A node that nobody reaches does not run.
    /// </summary>
    public SortedDictionary<string, List<string>> Partitions()
    {
        string self = host.Options.Places.NodeName;
        var running = RunningMembers.ToHashSet();
        (string, string)[] pairs =
            [.. host.Cluster?.UnreachablePairs().Select(pair => (pair.One.Value, pair.Other.Value)) ?? []];
        // What this node does not reach runs all the same if another one reaches it.
        foreach (PeerStatus peer in Peers.Where(peer => !peer.IsUp))
        {
            bool isReached = running.Any(other => other != self
                && !pairs.Contains((other, peer.Name.Value)) && !pairs.Contains((peer.Name.Value, other)));
            if (isReached)
                running.Add(peer.Name.Value);
        }
        var partitions = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach ((string one, string other) in pairs)
        {
            if (!running.Contains(one) || !running.Contains(other))
                continue;
            Add(partitions, one, other);
            Add(partitions, other, one);
        }
        return partitions;
    }

    /// <summary><c>join_cluster</c>; the app is stopped.</summary>
    public Task JoinAsync(string member, bool force, CancellationToken cancellation) =>
        _changes.JoinAsync(member, force, cancellation);

    /// <summary><c>reset</c>; the app is stopped.</summary>
    public Task ResetAsync(CancellationToken cancellation) => _changes.ResetAsync(force: false, cancellation);

    /// <summary><c>force_reset</c>; the app is stopped.</summary>
    public Task ForceResetAsync(CancellationToken cancellation) => _changes.ResetAsync(force: true, cancellation);

    /// <summary><c>forget_cluster_node</c>.</summary>
    public async Task ForgetAsync(string member)
    {
        if (host.RequireServing().Membership is not { } membership || !Members.Contains(member)
            || !NodeName.TryParse(member, out NodeName name))
        {
            throw NotInCluster();
        }
        // Once: a request that is repeated must not meet a newcomer of the same name.
        NodeId id = host.RequireServing().Broker.Cluster.Status.Members
            .FirstOrDefault(one => one.Name == member)?.Node ?? throw NotInCluster();
        var node = new MemberRecord(id, name, new PeerAddress(name.Host, 1));
        MembershipAnswer answer = await membership
            .DoAsync(new MembershipRequest(MembershipRequestKind.Forget, node)).ConfigureAwait(false);
        if (answer.Outcome != MembershipOutcome.Done)
            throw ControlRefusalException.Because(answer.Reason);
    }

    /// <summary><c>force_boot</c>; the app is stopped. What it comes to, a sentence each.</summary>
    /// <param name="dead">The members that are named as dead; nobody: all that are missing.</param>
    /// <param name="acceptsLoss">Replicated queues that are damaged here go on with what is left.</param>
    /// <param name="cancellation">Whoever asks waits no more.</param>
    public async Task<IReadOnlyList<string>> ForceBootAsync(
        IReadOnlyList<string> dead, bool acceptsLoss = false, CancellationToken cancellation = default)
    {
        IReadOnlyList<string> report = [];
        try
        {
            var boot = new ForcedBoot(host);
            await host.WithStoppedAsync(
                    async cluster => report = await boot.PlanAsync(cluster, dead, acceptsLoss).ConfigureAwait(false),
                    cancellation)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (error is ForcedBootException or DiskException or ConfigurationException)
        {
            throw ControlRefusalException.Because(error.Message);
        }
        return report;
    }

    /// <summary><c>change_cluster_node_type</c>; the app is stopped.</summary>
    public Task ChangeTypeAsync(string type) => type == "ram"
        ? throw ControlRefusalException.Because(
            $"there are no RAM nodes: {host.Options.Places.NodeName} keeps its data on disk, as every node does")
        : Task.CompletedTask;

    /// <summary><c>await_online_nodes</c>: whether so many members run.</summary>
    public bool HasRunning(int count) => RunningMembers.Count >= count;

    private static ControlRefusalException NotInCluster() => ControlRefusalException.Because(
        "{:not_a_cluster_node, 'The node selected is not in the cluster.'}");

    private static void Add(SortedDictionary<string, List<string>> partitions, string node, string other)
    {
        if (!partitions.TryGetValue(node, out List<string>? others))
            partitions.Add(node, others = []);
        others.Add(other);
    }
}
