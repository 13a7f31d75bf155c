using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Warren.Broker;
using Warren.Broker.Definitions.Nodes;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;
using Warren.Storage.Disk;
using BrokerMember = Warren.Broker.Definitions.Nodes.ClusterMember;

namespace Warren.Server.Cluster;

/// <summary>
/// Who belongs to the cluster, on every member while its broker runs: takes requests to join, leave and forget to the
/// leader; there it adds who joins as a learner and lets it vote once it has caught up. Keeps links with all members,
/// and refuses those of nodes that are none.
/// </summary>
internal sealed class MembershipService : IPeerUser, IDisposable
{
    /// <summary>What is missed by nobody's telling is found by then.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Until a learner that could not be let vote is looked at again.</summary>
    private static readonly TimeSpan PromotionInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Some elections, and less than an operator waits.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The link with a member that was removed stays for so long: it has asked to leave, and is to hear that it has.
    /// </summary>
    private static readonly TimeSpan LeavingTime = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ForwardPatience = TimeSpan.FromSeconds(5);

    private readonly ClusterHost _host;
    private readonly ClusterMember _member;
    private readonly NodeName _name;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<MembershipAnswer?>> _forwarded = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly FollowedMembers _followed;
    private readonly NodeQuestions _questions;
    private ClusterMembership? _cluster;
    private ITimer? _timer;
    private long _seenTimestamp;
    private bool _lingers;
    private long _number;
    private int _isTicking;
    private bool _ticksAgain;

    /// <param name="host">Keeps the links.</param>
    /// <param name="member">The node's part in the cluster; registered with before its links begin.</param>
    /// <param name="disk">Where <see cref="MembersFile"/> is.</param>
    public MembershipService(ClusterHost host, ClusterMember member, IDisk disk)
    {
        _host = host;
        _member = member;
        _name = host.Name;
        _followed = new FollowedMembers(disk, host.Log);
        _questions = new NodeQuestions(member.Peers, host.Seams.Time, () => _host.Describe?.Invoke() ?? []);
        _host.SetPeers(_followed.Written);
        _host.JudgeMember = Judge;
        Calls = new MembershipCalls(DoAsync);
        member.Peers.Register(PeerFrameKind.FirstOfMembership, this);
        member.Hub.Serve(LinkPurpose.Join, Calls);
    }

    /// <summary>Serves nodes that are no members.</summary>
    public MembershipCalls Calls { get; }

    /// <summary>It has joined a cluster that is elsewhere, or was a member when it stopped.</summary>
    public bool HasOthers => _followed.Written.Any(one => one.Id != _member.Identity.Node);

    /// <summary>The broker is there.</summary>
    public void Start(ClusterMembership cluster)
    {
        Volatile.Write(ref _cluster, cluster);
        _timer = _host.Seams.Time.CreateTimer(_ => _ = TickAsync(), null, TimeSpan.Zero, Interval);
        cluster.Changed = () => TickIn(TimeSpan.Zero);
    }

    /// <summary>
    /// Asks the other members that are up how they are; those that do not answer in time are left out.
    /// </summary>
    public Task<ImmutableArray<byte[]>> AskOthersAsync() => _questions.AskAsync(
        [.. _host.Status().Where(static peer => peer.IsUp).Select(static peer => peer.Id)]);

    /// <summary>
    /// Whether this node and those it reaches are a majority of those that vote; true as well when nobody else does.
    /// </summary>
    public bool ReachesMajority
    {
        get
        {
            if (_cluster is not { } cluster)
                return true;
            int voters = 0;
            int reached = 0;
            foreach (BrokerMember member in cluster.Status.Members)
            {
                if (!member.IsVoter)
                    continue;
                voters++;
                reached += IsThere(member.Node) ? 1 : 0;
            }
            return voters <= 1 || reached > voters / 2;
        }
    }

    /// <summary>Whether it is this node, or a member that it has a link with.</summary>
    public bool Reaches(string name) =>
        name == _name.Value || _host.Status().Any(peer => peer.IsUp && peer.Name.Value == name);

    /// <summary>Has a request done, wherever the leader is. Never throws.</summary>
    public async Task<MembershipAnswer> DoAsync(MembershipRequest request)
    {
        TimeProvider time = _host.Seams.Time;
        long begun = time.GetTimestamp();
        try
        {
            while (time.GetElapsedTime(begun) < Patience)
            {
                if (_cluster is { } cluster && await TryAsync(cluster, request).ConfigureAwait(false) is { } answer)
                    return answer;
                await Task.Delay(TimeSpan.FromMilliseconds(100), time).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            // Whoever asked is answered, whatever it was.
            _host.Log(
                LogLevel.Error, LogCategory.Default, $"a request of {request.Node.Name} has failed: {error}");
            return MembershipAnswer.Refused(MembershipOutcome.Later, $"{_name} has failed: {error.Message}");
        }
        return MembershipAnswer.Refused(
            MembershipOutcome.Later,
            $"{_name} reaches no leader: a majority of the cluster's nodes must run and reach each other");
    }

    /// <summary>Says whom the node waits for, once.</summary>
    public void TellWaiting()
    {
        IReadOnlyList<PeerStatus> status = _host.Status();
        int up = 1 + status.Count(peer => peer.IsUp);
        string others = string.Join(
            ", ",
            status.Where(peer => !peer.IsUp).Select(peer => $"{peer.Name} ({peer.Reason ?? "not reached yet"})"));
        string sentence = up > (status.Count + 1) / 2
            ? "waiting for the cluster's leader to take this node in"
            : $"waiting for a majority of the cluster's {status.Count + 1} nodes; {up} "
                + $"{(up == 1 ? "is" : "are")} up, not {others}";
        if (_host.Waiting == sentence)
            return;
        _host.Waiting = sentence;
        _host.Log(LogLevel.Info, LogCategory.Default, sentence);
    }

    /// <summary>It has a session, and hears from its leader.</summary>
    public bool IsServing => _cluster?.Status is { IsServing: true, Leader.IsNone: false };

    /// <summary>It serves nobody for now, for a reason that it says.</summary>
    public void TellPaused(string why) => _host.Waiting = why;

    /// <summary>It waits no more.</summary>
    public void TellServing() => _host.Waiting = null;

    public void LinkUp(PeerIdentity peer)
    {
    }

    public void LinkDown(PeerIdentity peer)
    {
    }

    public void RoomAgain(NodeId peer, LinkClass linkClass)
    {
    }

    public void FrameArrived(in PeerFrame frame)
    {
        NodeId from = frame.From;
        if (_questions.TryTake(frame))
        {
            // It has been answered, or was an answer.
        }
        else if (frame.Body.Length > sizeof(long))
        {
            long number = BinaryPrimitives.ReadInt64LittleEndian(frame.Body);
            ReadOnlySpan<byte> body = frame.Body[sizeof(long)..];
            if (frame.Kind == MembershipFormat.ForwardedAnswerKind
                && _forwarded.TryRemove(number, out TaskCompletionSource<MembershipAnswer?>? forwarded))
                forwarded.TrySetResult(MembershipFormat.ReadAnswer(body));
            else if (frame.Kind == MembershipFormat.ForwardedRequestKind
                && MembershipFormat.ReadRequest(body) is { } request)
                _ = ServeAsync(from, number, request);
        }
        frame.Credit.Return();
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _host.JudgeMember = null;
    }

    private static byte[] Numbered(long number, ReadOnlySpan<byte> body)
    {
        byte[] bytes = new byte[sizeof(long) + body.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        body.CopyTo(bytes.AsSpan(sizeof(long)));
        return bytes;
    }

    // Nodes of the cluster's id that were members are told that they are none any more.
    private Refusal? Judge(PeerIdentity peer, LinkPurpose purpose)
    {
        if (purpose != LinkPurpose.Peer || _cluster is not { } cluster || !cluster.Status.IsServing
            || cluster.Status.Members.Any(member => member.Node == peer.NodeId))
            return null;
        return new Refusal(
            RefusalCode.Forgotten,
            cluster.FindForgotten(peer.NodeId) is { } forgotten
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{peer.Name} ({peer.NodeId}) was forgotten by {forgotten.By} at ")
                    + string.Create(CultureInfo.InvariantCulture, $"{forgotten.At:yyyy-MM-dd HH:mm:ss} UTC: ")
                    + "reset it and let it join again"
                : $"{peer.Name} ({peer.NodeId}) is no member of the cluster that {_name} is in, any more or yet: if it "
                    + "was removed, reset it and let it join again");
    }

    private async Task ServeAsync(NodeId from, long number, MembershipRequest request)
    {
        await Task.Yield();
        MembershipAnswer? answer = null;
        try
        {
            answer = _cluster is { } cluster
                ? await LeadAsync(cluster, request, NameOf(cluster, from)).ConfigureAwait(false)
                : null;
        }
        catch (Exception error)
        {
            _host.Log(LogLevel.Error, LogCategory.Default, $"a request of {request.Node.Name} has failed: {error}");
        }
        answer ??= MembershipAnswer.Refused(MembershipOutcome.Later, $"{_name} does not lead");
        _member.Peers.TrySend(
            from, LinkClass.Control, MembershipFormat.ForwardedAnswerKind,
            Numbered(number, MembershipFormat.Write(answer)));
    }

    /// <summary>Null: again, with another leader perhaps.</summary>
    private async Task<MembershipAnswer?> TryAsync(ClusterMembership cluster, MembershipRequest request)
    {
        NodeId leader = cluster.Status.Leader;
        if (leader.IsNone)
            return null;
        if (leader == _member.Identity.Node)
            return await LeadAsync(cluster, request, _name.Value).ConfigureAwait(false);
        long number = Interlocked.Increment(ref _number);
        var forwarded = new TaskCompletionSource<MembershipAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _forwarded[number] = forwarded;
        try
        {
            if (!_member.Peers.TrySend(
                leader, LinkClass.Control, MembershipFormat.ForwardedRequestKind,
                Numbered(number, MembershipFormat.Write(request))))
                return null;
            MembershipAnswer? answer = await forwarded.Task.WaitAsync(ForwardPatience).ConfigureAwait(false);
            return answer is { Outcome: MembershipOutcome.Later } ? null : answer;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _forwarded.TryRemove(number, out _);
        }
    }

    // One at a time: what is checked is so when it is done.
    private async Task<MembershipAnswer?> LeadAsync(ClusterMembership cluster, MembershipRequest request, string by)
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
        BrokerMember? namesake = cluster.Status.Members
            .FirstOrDefault(member => member.Name == node.Name.Value && member.Node != node.Id);
        if (namesake is not null)
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Refused,
                $"{node.Name} is a member already, under the identity {namesake.Node}, and comes with the new one "
                + $"{node.Id}: its data directory was lost or replaced. If it is gone for good, 'rabbitmqctl "
                + $"forget_cluster_node {node.Name}' on {_name} lets the new one in; else put the old directory back");
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
        // Whoever is to be forgotten is known by its name alone.
        BrokerMember? member = cluster.Status.Members.FirstOrDefault(one =>
            request.Kind == MembershipRequestKind.Forget
                ? one.Name == request.Node.Name.Value
                : one.Node == request.Node.Id);
        if (member is null)
            return Done(cluster);
        if (request.Kind == MembershipRequestKind.Forget && IsThere(member.Node))
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Refused,
                $"{member.Name} is running: stop it before it is removed, or reset it, by which it leaves");
        }
        if (request.Kind == MembershipRequestKind.Forget
            && cluster.DurableQueuesOf(member.Node) is { IsEmpty: false } queues)
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Refused,
                $"{member.Name} has the only copy of {QueueNames.Describe(queues)}. Start it again and move or delete "
                + "them; if it is gone for good, delete them with 'rabbitmqctl delete_queue', then forget it");
        }
        if (member.Node == _member.Identity.Node)
            await HandOverAsync(cluster).ConfigureAwait(false);
        ChangeOutcome outcome = await cluster.RemoveAsync(member.Node).ConfigureAwait(false);
        if (outcome is not (ChangeOutcome.Proposed or ChangeOutcome.AlreadySo or ChangeOutcome.Unknown))
            return Unchanged(outcome, $"{member.Name} cannot be removed");
        _host.Log(LogLevel.Info, LogCategory.Default, $"{member.Name} ({member.Node}) was removed from the cluster");
        if (request.Kind == MembershipRequestKind.Forget)
        {
            await cluster.NoteForgottenAsync(member.Node, member.Name, by, _host.Seams.Time.GetUtcNow())
                .ConfigureAwait(false);
        }
        return Done(cluster);
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

    private static string NameOf(ClusterMembership cluster, NodeId node) =>
        cluster.Status.Members.FirstOrDefault(member => member.Node == node)?.Name is { Length: > 0 } name
            ? name
            : node.ToString();

    private bool IsThere(NodeId node) => node == _member.Identity.Node || _member.Peers.IsUp(node);

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

    private static ImmutableArray<MemberRecord> Records(ImmutableArray<BrokerMember> members)
    {
        var records = ImmutableArray.CreateBuilder<MemberRecord>();
        foreach (BrokerMember member in members)
        {
            if (NodeName.TryParse(member.Name, out NodeName name))
                records.Add(new MemberRecord(member.Node, name, PeerBook.Parse(member.Address, name)));
        }
        return records.ToImmutable();
    }

    private async Task TickAsync()
    {
        // A tick that takes longer than the interval is not run twice at once.
        if (Interlocked.Exchange(ref _isTicking, 1) == 1)
        {
            Volatile.Write(ref _ticksAgain, true);
            return;
        }
        Volatile.Write(ref _ticksAgain, false);
        try
        {
            ClusterMembership cluster = _cluster!;
            ClusterStatus status = cluster.Status;
            if (status.IsServing && _followed.Follow(Records(status.Members)))
            {
                _seenTimestamp = _host.Seams.Time.GetTimestamp();
                _lingers = true;
                _host.AddPeers(_followed.Seen);
            }
            else if (_lingers && _host.Seams.Time.GetElapsedTime(_seenTimestamp) >= LeavingTime)
            {
                _lingers = false;
                _host.SetPeers(_followed.Seen);
            }
            if (status.Leader == _member.Identity.Node)
                await PromoteAsync(cluster, status).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _host.Log(LogLevel.Error, LogCategory.Default, $"the members could not be looked after: {error}");
        }
        finally
        {
            Volatile.Write(ref _isTicking, 0);
        }
        if (Volatile.Read(ref _ticksAgain))
            TickIn(TimeSpan.Zero);
    }

    private void TickIn(TimeSpan pause)
    {
        try
        {
            _timer?.Change(pause, Interval);
        }
        catch (ObjectDisposedException)
        {
            // The broker stops.
        }
    }

    // Learners that serve have all that there is; one at a time, as consensus wants it.
    private async Task PromoteAsync(ClusterMembership cluster, ClusterStatus status)
    {
        if (status.Members.All(member => member.IsVoter))
            return;
        BrokerMember? learner = status.Members.FirstOrDefault(
            member => !member.IsVoter && _member.Peers.IsUp(member.Node));
        if (learner is null || !_changing.Wait(0))
        {
            TickIn(PromotionInterval);
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
                TickIn(PromotionInterval);
            }
        }
        finally
        {
            _changing.Release();
        }
    }
}
