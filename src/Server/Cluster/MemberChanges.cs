using System.Collections.Immutable;
using Warren.Broker;
using Warren.Broker.Definitions.Nodes;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Joining;
using BrokerMember = Warren.Broker.Definitions.Nodes.ClusterMember;

namespace Warren.Server.Cluster;

/// <summary>What the leader does with the members: adds, removes, lets vote, one at a time.</summary>
/// <param name="host">Keeps the links.</param>
/// <param name="member">The node's part in the cluster.</param>
/// <param name="changing">Held by one change at a time.</param>
/// <param name="tickIn">Has the members looked at again.</param>
internal sealed class MemberChanges(
    ClusterHost host, ClusterMember member, SemaphoreSlim changing, Action<TimeSpan> tickIn)
{
    /// <summary>Until a learner that could not be let vote is looked at again.</summary>
    private static readonly TimeSpan PromotionInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long it is waited for queues' groups to go on without a node, before who wants it gone is told to ask again:
    /// less than whoever passes its request on waits.
    /// </summary>
    private static readonly TimeSpan MovePatience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan MoveInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer than whoever joins or leaves asks again.</summary>
    private static readonly TimeSpan NamelessPatience = TimeSpan.FromSeconds(15);

    private readonly ClusterHost _host = host;
    private readonly ClusterMember _member = member;
    private readonly SemaphoreSlim _changing = changing;
    private bool _addsNobody;
    private NodeId _nameless;
    private long _namelessTimestamp;

    /// <summary>Who asks to join is to ask later: what the node has begun alone is not done.</summary>
    public bool AddsNobody
    {
        get => Volatile.Read(ref _addsNobody);
        set => Volatile.Write(ref _addsNobody, value);
    }

    /// <summary>
    /// Does what was asked, one request at a time: what is checked is so when it is done. Null: this node does not
    /// lead.
    /// </summary>
    /// <param name="cluster">The members.</param>
    /// <param name="request">What.</param>
    /// <param name="by">Whose operator has asked.</param>
    public async Task<MembershipAnswer?> LeadAsync(ClusterMembership cluster, MembershipRequest request, string by)
    {
        await _changing.WaitAsync().ConfigureAwait(false);
        try
        {
            ClusterStatus status = cluster.Status;
            if (status.Leader != _member.Identity.Node)
                return null;
            return request.Kind == MembershipRequestKind.Join
                ? await AddAsync(cluster, request.Node).ConfigureAwait(false)
                : await RemoveAsync(cluster, request, by).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task<MembershipAnswer?> AddAsync(ClusterMembership cluster, MemberRecord node)
    {
        if (AddsNobody)
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Later,
                $"force_boot is not done on {_host.Name}, whose log says why if it takes longer than a moment");
        }
        BrokerMember? namesake = cluster.Status.Members
            .FirstOrDefault(member => member.Name == node.Name.Value && member.Node != node.Id);
        if (namesake is not null)
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Refused,
                $"{node.Name} is a member already, under the identity {namesake.Node}, and comes with the new one "
                + $"{node.Id}: its data directory was lost or replaced. If it is gone for good, 'rabbitmqctl "
                + $"forget_cluster_node {node.Name}' on {_host.Name} lets the new one in; else put the old directory "
                + "back");
        }
        ChangeOutcome outcome = await cluster.AddLearnerAsync(node.Id, node.Name, node.Address.ToString())
            .ConfigureAwait(false);
        if (outcome is not (ChangeOutcome.Proposed or ChangeOutcome.AlreadySo))
            return Unchanged(outcome, $"{node.Name} cannot be added");
        _host.Log(LogLevel.Info, LogCategory.Default, $"{node.Name} ({node.Id}) joins the cluster");
        return Done(cluster);
    }

    private async Task<MembershipAnswer?> RemoveAsync(ClusterMembership cluster, MembershipRequest request, string by)
    {
        // By its identity: repeated, a request to forget must not meet a newcomer of the same name.
        BrokerMember? member = cluster.Status.Members.FirstOrDefault(one => one.Node == request.Node.Id);
        if (member is null)
            return Done(cluster);
        if (request.Kind == MembershipRequestKind.Forget && IsThere(member.Node))
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Refused,
                $"{member.Name} is running: stop it before it is removed, or reset it, by which it leaves");
        }
        bool leaves = request.Kind == MembershipRequestKind.Leave;
        if (cluster.QueuesThatNeed(member.Node, leaves) is { IsEmpty: false } needing)
        {
            return MembershipAnswer.Refused(
                leaves ? MembershipOutcome.Later : MembershipOutcome.Refused,
                $"{QueueNames.Describe(needing)} would stop without it: too few of the other members are there. Start "
                + "their nodes first, or delete what may go with 'rabbitmqctl delete_queue'");
        }
        if (member.Node == _member.Identity.Node)
            await HandOverAsync(cluster).ConfigureAwait(false);
        // First, so that no queue is declared there between the look and the removal, and goes with it.
        if (!await cluster.WithdrawAsync(member.Node).ConfigureAwait(false))
        {
            string queues = QueueNames.Describe(cluster.DurableQueuesOf(member.Node));
            return MembershipAnswer.Refused(
                MembershipOutcome.Refused,
                leaves
                    ? $"it has the only copy of {queues}"
                    : $"{member.Name} has the only copy of {queues}. Start it again and move or delete them; if it is "
                        + "gone for good, delete them with 'rabbitmqctl delete_queue', then forget it");
        }
        // A group may have been about to count on it when it was looked at: the word of its leader is that it does not.
        if (!await HaveMovedAsync(cluster, member).ConfigureAwait(false))
        {
            string queues = QueueNames.Describe(cluster.QueuesWithMemberOn(member.Node));
            await AnnounceAsync(cluster, member).ConfigureAwait(false);
            return MembershipAnswer.Refused(
                MembershipOutcome.Later,
                leaves
                    ? $"{queues} still count on its copy: members on other nodes have not caught up"
                    : $"{queues} still count on the copy of {member.Name}: try again in a moment, and if that does not "
                        + "help start it once more, so that they can go on without it");
        }
        ChangeOutcome outcome = await cluster.RemoveAsync(member.Node).ConfigureAwait(false);
        if (outcome is not (ChangeOutcome.Proposed or ChangeOutcome.AlreadySo or ChangeOutcome.Unknown))
        {
            if (outcome != ChangeOutcome.NotLeader)
                await AnnounceAsync(cluster, member).ConfigureAwait(false);
            return Unchanged(outcome, $"{request.Node.Name} cannot be removed");
        }
        _host.Log(
            LogLevel.Info, LogCategory.Default,
            $"{request.Node.Name} ({member.Node}) was removed from the cluster");
        if (request.Kind == MembershipRequestKind.Forget)
        {
            await cluster.NoteForgottenAsync(member.Node, request.Node.Name.Value, by, _host.Seams.Time.GetUtcNow())
                .ConfigureAwait(false);
        }
        return Done(cluster);
    }

    // Of two members one alone has no majority: it goes on by itself only if the other is taken out while it is there.
    private async Task<bool> HaveMovedAsync(ClusterMembership cluster, BrokerMember member)
    {
        long began = _host.Seams.Time.GetTimestamp();
        while (!cluster.QueuesWithMemberOn(member.Node).IsEmpty)
        {
            if (_host.Seams.Time.GetElapsedTime(began) > MovePatience)
                return false;
            await Task.Delay(MoveInterval, _host.Seams.Time).ConfigureAwait(false);
        }
        return true;
    }

    // It stays, with the name and the address that it had.
    private static async Task AnnounceAsync(ClusterMembership cluster, BrokerMember member)
    {
        if (NodeName.TryParse(member.Name, out NodeName name))
            await cluster.AnnounceAsync(member.Node, name, member.Address).ConfigureAwait(false);
    }

    // A leader that leaves would take the answer along.
    private async Task HandOverAsync(ClusterMembership cluster)
    {
        foreach (BrokerMember other in cluster.Status.Members)
        {
            if (other.IsVoter && other.Node != _member.Identity.Node && _member.Peers.IsUp(other.Node)
                && await cluster.TransferLeadershipAsync(other.Node).ConfigureAwait(false))
                return;
        }
    }

    /// <summary>What a member is called, or its identity.</summary>
    public static string NameOf(ClusterMembership cluster, NodeId node) =>
        cluster.Status.Members.FirstOrDefault(member => member.Node == node)?.Name is { Length: > 0 } name
            ? name
            : node.ToString();

    /// <summary>It is this node, or has a link with it.</summary>
    public bool IsThere(NodeId node) => node == _member.Identity.Node || _member.Peers.IsUp(node);

    private static MembershipAnswer? Unchanged(ChangeOutcome outcome, string what) => outcome switch
    {
        ChangeOutcome.NotLeader => null,
        ChangeOutcome.TooEarly or ChangeOutcome.Busy => MembershipAnswer.Refused(
            MembershipOutcome.Later, $"{what} now: another change of the members is under way"),
        ChangeOutcome.NotCaughtUp => MembershipAnswer.Refused(
            MembershipOutcome.Later, $"{what} now: too few of the other nodes are up to date"),
        _ => MembershipAnswer.Refused(
            MembershipOutcome.Refused, $"{what}: the cluster has as many members as it may, or as few"),
    };

    private MembershipAnswer Done(ClusterMembership cluster) => new()
    {
        Outcome = MembershipOutcome.Done,
        Cluster = _member.Identity.Cluster,
        Generation = _member.Identity.Generation,
        Members = Records(cluster.Status.Members),
    };

    /// <summary>Those that have a name, as they are told to others.</summary>
    public static ImmutableArray<MemberRecord> Records(ImmutableArray<BrokerMember> members)
    {
        var records = ImmutableArray.CreateBuilder<MemberRecord>();
        foreach (BrokerMember member in members)
        {
            if (NodeName.TryParse(member.Name, out NodeName name))
                records.Add(new MemberRecord(member.Node, name, PeerBook.Parse(member.Address, name)));
        }
        return records.ToImmutable();
    }

    /// <summary>
    /// A leader has ended between the two steps of a change: one that joins asks again, one that leaves has left.
    /// </summary>
    public async Task DropNamelessAsync(ClusterMembership cluster, ClusterStatus status)
    {
        NodeId nameless = status.Members
            .FirstOrDefault(member => member.Name.Length == 0 && member.Node != _member.Identity.Node)?.Node ?? default;
        if (nameless != _nameless)
        {
            _nameless = nameless;
            _namelessTimestamp = _host.Seams.Time.GetTimestamp();
        }
        if (nameless.IsNone || _host.Seams.Time.GetElapsedTime(_namelessTimestamp) < NamelessPatience
            || !_changing.Wait(0))
            return;
        try
        {
            if (cluster.Status.Members.Any(member => member.Node == nameless && member.Name.Length == 0)
                && await cluster.RemoveAsync(nameless).ConfigureAwait(false) == ChangeOutcome.Proposed)
            {
                _host.Log(
                    LogLevel.Info, LogCategory.Default,
                    $"node {nameless}, which has neither joined nor left to the end, was removed from the cluster");
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Learners that serve have all that there is; one at a time, as consensus wants it.</summary>
    public async Task PromoteAsync(ClusterMembership cluster, ClusterStatus status)
    {
        if (status.Members.All(member => member.IsVoter))
            return;
        BrokerMember? learner = status.Members.FirstOrDefault(
            member => !member.IsVoter && _member.Peers.IsUp(member.Node));
        if (learner is null || !_changing.Wait(0))
        {
            tickIn(PromotionInterval);
            return;
        }
        try
        {
            ChangeOutcome outcome = await cluster.PromoteAsync(learner.Node).ConfigureAwait(false);
            if (outcome == ChangeOutcome.Proposed)
            {
                _host.Log(
                    LogLevel.Info, LogCategory.Default, $"{learner.Name} has caught up, and votes from now on");
            }
            else
            {
                tickIn(PromotionInterval);
            }
        }
        finally
        {
            _changing.Release();
        }
    }
}
