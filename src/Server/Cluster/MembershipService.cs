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

    /// <summary>It reaches no majority of a cluster that has none of it: a mere reset would wait for one.</summary>
    private const string Again = "'rabbitmqctl force_reset' it and let it join again";

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
    private readonly MemberChanges _changes;
    private readonly FollowedMembers _followed;
    private readonly NodeQuestions _questions;
    private readonly MajorityWatch _majority;
    private readonly Lock _saying = new();
    private bool _isHalted;
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
    /// <param name="addsNobody">See <see cref="AddsNobody"/>.</param>
    public MembershipService(ClusterHost host, ClusterMember member, IDisk disk, bool addsNobody)
    {
        _host = host;
        _member = member;
        _name = host.Name;
        _changes = new MemberChanges(host, member, _changing, TickIn) { AddsNobody = addsNobody };
        _followed = new FollowedMembers(disk, member.Identity, host.Log);
        _questions = new NodeQuestions(member.Peers, host.Seams.Time, () => _host.Describe?.Invoke() ?? []);
        _majority = new MajorityWatch(host.Seams.Time, host.Log, host.Seams.Incidents);
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

    /// <summary>Who asks to join is to ask later: what the node has begun alone is not done.</summary>
    public bool AddsNobody
    {
        get => _changes.AddsNobody;
        set => _changes.AddsNobody = value;
    }

    /// <summary>The broker is there.</summary>
    public void Start(ClusterMembership cluster)
    {
        Volatile.Write(ref _cluster, cluster);
        _timer = _host.SlowTicks.CreateTimer(_ => _ = TickAsync(), null, TimeSpan.Zero, Interval);
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
                reached += _changes.IsThere(member.Node) ? 1 : 0;
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
        MembershipAnswer? later = null;
        try
        {
            while (time.GetElapsedTime(begun) < Patience)
            {
                if (_cluster is { } cluster && await TryAsync(cluster, request).ConfigureAwait(false) is { } answer)
                {
                    if (answer.Outcome != MembershipOutcome.Later)
                        return answer;
                    later = answer;
                }
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
        return later ?? MembershipAnswer.Refused(
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
        if (_host.Waiting == sentence || !TrySay(sentence))
            return;
        _host.Log(LogLevel.Info, LogCategory.Default, sentence);
    }

    /// <summary>It has a session, and hears from its leader.</summary>
    public bool IsServing => _cluster?.Status is { IsServing: true, Leader.IsNone: false };

    /// <summary>It serves nobody for now, for a reason that it says.</summary>
    public void TellPaused(string why) => TrySay(why);

    /// <summary>It waits no more.</summary>
    public void TellServing() => TrySay(null);

    /// <summary>It serves nobody until it is started again, whatever it waits for beside.</summary>
    public void TellHalted(string why)
    {
        lock (_saying)
        {
            _host.Waiting = why;
            _isHalted = true;
        }
    }

    public void LinkUp(PeerIdentity peer)
    {
    }

    public void LinkDown(PeerIdentity peer, LinkEnd end)
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
        // What it said of its waiting is over with it.
        _host.Waiting = null;
    }

    private bool TrySay(string? waiting)
    {
        lock (_saying)
        {
            if (!_isHalted)
                _host.Waiting = waiting;
            return !_isHalted;
        }
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
                    + Again
                : $"{peer.Name} ({peer.NodeId}) is no member of the cluster that {_name} is in, any more or yet: if it "
                    + $"was removed, {Again}");
    }

    private async Task ServeAsync(NodeId from, long number, MembershipRequest request)
    {
        await Task.Yield();
        MembershipAnswer? answer = null;
        try
        {
            answer = _cluster is { } cluster
                ? await _changes.LeadAsync(cluster, request, MemberChanges.NameOf(cluster, from)).ConfigureAwait(false)
                : null;
        }
        catch (Exception error)
        {
            _host.Log(LogLevel.Error, LogCategory.Default, $"a request of {request.Node.Name} has failed: {error}");
        }
        answer ??= MembershipAnswer.Refused(MembershipOutcome.Later, $"{_name} does not lead");
        _member.Peers.TrySend(
            from, LinkClass.Control, MembershipFormat.ForwardedAnswerKind,
            MembershipFormat.Numbered(number, MembershipFormat.Write(answer)));
    }

    /// <summary>Null: again, with another leader perhaps.</summary>
    private async Task<MembershipAnswer?> TryAsync(ClusterMembership cluster, MembershipRequest request)
    {
        NodeId leader = cluster.Status.Leader;
        if (leader.IsNone)
            return null;
        if (leader == _member.Identity.Node)
            return await _changes.LeadAsync(cluster, request, _name.Value).ConfigureAwait(false);
        long number = Interlocked.Increment(ref _number);
        var forwarded = new TaskCompletionSource<MembershipAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _forwarded[number] = forwarded;
        try
        {
            if (!_member.Peers.TrySend(
                leader, LinkClass.Control, MembershipFormat.ForwardedRequestKind,
                MembershipFormat.Numbered(number, MembershipFormat.Write(request))))
                return null;
            return await forwarded.Task.WaitAsync(ForwardPatience).ConfigureAwait(false);
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
            _majority.Look(IsServing, ReachesMajority, () => string.Join(
                ", ", _host.Status().Where(static peer => !peer.IsUp).Select(static peer => peer.Name)));
            // One without a name is about to come or to go.
            if (status.IsServing && status.Members.All(static member => member.Name.Length > 0)
                && _followed.Follow(MemberChanges.Records(status.Members)))
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
            if (status.IsServing && !_lingers)
                CloseStrangers(status);
            if (status.Leader == _member.Identity.Node)
            {
                await _changes.PromoteAsync(cluster, status).ConfigureAwait(false);
                await _changes.DropNamelessAsync(cluster, status).ConfigureAwait(false);
            }
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

    // Links that came while it was not known here who the members are.
    private void CloseStrangers(ClusterStatus status)
    {
        foreach (PeerStatus peer in _host.Status())
        {
            if (peer.IsUp && !status.Members.Any(member => member.Node == peer.Id))
                _member.Links?.FindLink(peer.Id)?.Close($"{peer.Name} is no member of the cluster that {_name} is in");
        }
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
}
