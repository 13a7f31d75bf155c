using System.Collections.Immutable;
using Warren.Broker;
using Warren.Broker.Queues;
using Warren.Broker.Topology;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Server.Cluster;
using Warren.Server.Configuration;

namespace Warren.Server.Control;

/// <summary>
/// Joining and leaving by command, while the broker is stopped. What a directory holds is looked at by a node that
/// serves no clients; nothing is ever deleted but a directory with nothing of its own.
/// </summary>
internal sealed class ClusterChanges(NodeHost host)
{
    /// <summary>Longer than a change of the leader at the member that is asked.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private string Directory => host.Options.Places.DataDirectory;

    private string Self => host.Options.Places.NodeName;

    /// <summary>Becomes a member of the cluster that a node is in; already is one: nothing changes.</summary>
    public Task JoinAsync(string member, bool force) => host.WithStoppedAsync(async cluster =>
    {
        if (!NodeName.TryParse(member, out NodeName name))
            throw ControlRefusalException.Because($"\"{member}\" is no node's name; they look like rabbit@host");
        if (cluster.WhyAlone is { } alone)
            throw ControlRefusalException.Because($"{Self} can join no cluster: {alone}");
        if (name.Value == Self)
            throw ControlRefusalException.Because("cannot cluster node with itself");
        ImmutableArray<MemberRecord> members = cluster.ReadDirectory().Members;
        if (members.Any(one => one.Name == name))
            return;
        if (members.Length > 1)
        {
            throw ControlRefusalException.Because(
                $"{Self} is a member of another cluster, with {Names(members)}: 'rabbitmqctl reset' makes it leave "
                + "first");
        }
        OwnData? own = await LookAsync(cluster, leaves: false, force: true).ConfigureAwait(false);
        if (own is { HasAny: true } && !force)
        {
            throw ControlRefusalException.Because(
                $"{Self} has data of its own: {own}. It would not come along: 'rabbitmqctl reset' first, or "
                + "'join_cluster --force', sets it aside");
        }
        NodeId self = JoiningId();
        MembershipAnswer answer = await cluster.AskToJoinAsync(name, self, Patience).ConfigureAwait(false);
        if (answer.Outcome != MembershipOutcome.Done)
            throw ControlRefusalException.Because($"{name} does not let {Self} in: {answer.Reason}");
        Away(own);
        cluster.WriteJoined(self, answer);
        File.Delete(JoiningFile);
        host.Log.Write(
            LogLevel.Info, LogCategory.Default,
            $"this node is a member of the cluster {answer.Cluster}, with {Names(answer.Members)}");
    });

    /// <summary>Leaves the cluster, and begins anew as a blank node.</summary>
    public Task ResetAsync(bool force) => host.WithStoppedAsync(async cluster =>
    {
        OwnData? own = null;
        if (!force)
        {
            own = await LookAsync(cluster, leaves: true, force: false).ConfigureAwait(false);
            if (own is null && System.IO.Directory.Exists(Directory))
                own = new OwnData([], HasMore: true);
        }
        Away(force ? new OwnData([], HasMore: true) : own);
    });

    private static string Names(IEnumerable<MemberRecord> members) =>
        string.Join(", ", members.Select(member => member.Name.Value));

    // The same again if the answer was lost, so that the cluster has this node once.
    private string JoiningFile => $"{Directory}.joining";

    private NodeId JoiningId()
    {
        if (File.Exists(JoiningFile) && Guid.TryParse(File.ReadAllText(JoiningFile), out Guid kept))
            return new NodeId(kept);
        var made = new NodeId(Guid.NewGuid());
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(JoiningFile)!);
        File.WriteAllText(JoiningFile, made.ToString());
        return made;
    }

    // A directory with nothing of its own is nothing to be kept.
    private void Away(OwnData? own)
    {
        if (!System.IO.Directory.Exists(Directory))
            return;
        try
        {
            if (own is { HasAny: false })
                System.IO.Directory.Delete(Directory, recursive: true);
            else if (SetAside.Run(Directory) is { } aside)
            {
                host.Log.Write(
                    LogLevel.Warning, LogCategory.Default,
                    $"what this node had is in {aside} now; remove it when nobody misses anything");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ControlRefusalException.Because($"{Directory} cannot be set aside: {error.Message}");
        }
    }

    // Null: there is no directory, or nothing was ever started in it.
    private async Task<OwnData?> LookAsync(ClusterHost cluster, bool leaves, bool force)
    {
        (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
        if (!System.IO.Directory.Exists(Path.Combine(Directory, "log")))
            return null;
        NodeOptions quiet = host.Options with
        {
            Listeners = [],
            Broker = host.Options.Broker with { DefinitionsPath = null },
            Notes = [],
        };
        Node node = Node.Start(quiet, host.Seams, host.Log, cluster);
        await using (node.ConfigureAwait(false))
        {
            bool isOfSeveral = members.Any(member => member.Id != identity?.Node);
            if (isOfSeveral && leaves)
                await ServingAsync(node).ConfigureAwait(false);
            OwnData own = OwnData.Of(node.Broker, isOfSeveral);
            if (own.Queues.Length > 0 && leaves && !force)
            {
                throw ControlRefusalException.Because(
                    $"{Self} has the only copy of {own}. Move or delete them first; 'rabbitmqctl force_reset' sets them "
                    + "aside with all else, without telling the other nodes");
            }
            if (isOfSeveral && leaves)
                await LeaveAsync(node, cluster, identity!.Node).ConfigureAwait(false);
            return own;
        }
    }

    private async Task ServingAsync(Node node)
    {
        try
        {
            await node.Serving.WaitAsync(Patience, host.Seams.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw ControlRefusalException.Because(
                $"{Self} cannot leave its cluster: it is {host.Cluster?.Waiting ?? "waiting for the others"}. "
                + "'rabbitmqctl force_reset' sets its data aside without telling the other nodes; then "
                + $"'rabbitmqctl forget_cluster_node {Self}' on one of them");
        }
    }

    private async Task LeaveAsync(Node node, ClusterHost cluster, NodeId self)
    {
        MembershipAnswer answer = await node.Membership!.DoAsync(
            new MembershipRequest(MembershipRequestKind.Leave, cluster.Record(self))).ConfigureAwait(false);
        if (answer.Outcome != MembershipOutcome.Done)
            throw ControlRefusalException.Because($"{Self} cannot leave its cluster: {answer.Reason}");
    }

    /// <summary>What would be lost with the directory.</summary>
    /// <param name="Queues">Durable queues, of which it has the only copy.</param>
    /// <param name="HasMore">Users, policies and the like that nobody else has.</param>
    private sealed record OwnData(ImmutableArray<QueueDefinition> Queues, bool HasMore)
    {
        public bool HasAny => HasMore || Queues.Length > 0;

        public static OwnData Of(MessageBroker broker, bool isOfSeveral)
        {
            ImmutableArray<QueueDefinition> queues =
                [.. broker.AllQueues().Where(queue => queue is { SurvivesRestart: true, IsHere: true })];
            // Of a cluster the others have it too.
            return new OwnData(queues, !isOfSeveral && HasDefinitions(broker));
        }

        public override string ToString()
        {
            string queues = Queues.IsEmpty ? "" : QueueNames.Describe(Queues);
            return HasMore && queues.Length > 0 ? queues + ", and users or other definitions"
                : HasMore ? "users or other definitions" : queues;
        }

        private static bool HasDefinitions(MessageBroker broker)
        {
            BrokerOptions options = broker.Options;
            if (broker.Security.Users.Any(user => user.User.Name != options.DefaultUser))
                return true;
            foreach ((string name, Vhost vhost) in broker.Topology.Vhosts)
            {
                if (name != options.DefaultVhost || vhost.HasDefinitionsOfOwn)
                    return true;
            }
            return false;
        }
    }
}
