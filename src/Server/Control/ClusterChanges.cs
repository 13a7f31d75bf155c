using System.Collections.Immutable;
using Warren.Broker;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Cluster;

namespace Warren.Server.Control;

/// <summary>
/// Joining and leaving by command, while the broker is stopped. What a directory holds is looked at by a node that
/// serves no clients; nothing is ever deleted but a directory with nothing of its own.
/// </summary>
internal sealed class ClusterChanges(NodeHost host)
{
    /// <summary>Longer than a change of the leader at the member that is asked.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Whoever is there is met in less.</summary>
    private static readonly TimeSpan MeetingPatience = TimeSpan.FromSeconds(5);

    private readonly NodeDirectory _directory = new(host.Options.Places.DataDirectory);

    private string Self => host.Options.Places.NodeName;

    /// <summary>Becomes a member of the cluster that a node is in; already is one: nothing changes.</summary>
    public Task JoinAsync(string member, bool force, CancellationToken cancellation = default) =>
        host.WithStoppedAsync(cluster => JoinAsync(cluster, member, force), cancellation);

    /// <summary>Leaves the cluster, and begins anew as a blank node.</summary>
    public Task ResetAsync(bool force, CancellationToken cancellation = default) =>
        host.WithStoppedAsync(cluster => ResetAsync(cluster, force), cancellation);

    private async Task JoinAsync(ClusterHost cluster, string member, bool force)
    {
        if (!NodeName.TryParse(member, out NodeName name))
            throw ControlRefusalException.Because($"\"{member}\" is no node's name; they look like rabbit@host");
        if (cluster.WhyAlone is { } alone)
            throw ControlRefusalException.Because($"{Self} can join no cluster: {alone}");
        if (name.Value == Self)
            throw ControlRefusalException.Because("cannot cluster node with itself");
        (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
        bool isOverruled = await IsOverruledAsync(cluster, name, identity, members).ConfigureAwait(false);
        bool isForgotten = !isOverruled && identity is not null
            && members.FirstOrDefault(one => one.Name == name) is { } fellow
            && await IsForgottenAsync(cluster, fellow).ConfigureAwait(false);
        if (!isOverruled && !isForgotten && members.Any(one => one.Name == name))
            return;
        isOverruled |= isForgotten;
        if (!isOverruled && members.Length > 1)
        {
            throw ControlRefusalException.Because(
                $"{Self} is a member of another cluster, with {Names(members)}: 'rabbitmqctl reset' makes it leave "
                + "first");
        }
        // What it has was given up when the cluster was begun anew without it; it is kept all the same.
        Holdings? own = isOverruled
            ? Holdings.Unknown
            : await LookAsync(cluster, leaves: false, force: true).ConfigureAwait(false);
        if (!isOverruled && own is { HasAny: true } && !force)
        {
            throw ControlRefusalException.Because(
                $"{Self} has data of its own: {own}. It would not come along: 'rabbitmqctl reset' first, or "
                + "'join_cluster --force', sets it aside");
        }
        // What it was asked under last time may be what it is by now, and is no newcomer's.
        if (AttemptOn(_directory.JoiningId) == identity?.Node)
            AttemptOn(ForgetJoining);
        NodeId self = AttemptOn(_directory.JoiningId);
        MembershipAnswer answer = await cluster.Guest
            .AskAsync(MembershipRequestKind.Join, name, self, Patience).ConfigureAwait(false);
        if (answer.Outcome != MembershipOutcome.Done)
            throw ControlRefusalException.Because($"{name} does not let {Self} in: {answer.Reason}");
        // The other way round a crash would leave a node that is nobody, and serves clients as such.
        TellAside(AttemptOn(() => _directory.Replace(
            own is { HasAny: false }, place => Joined.Make(place, host.Seams, self, answer))));
        AttemptOn(ForgetJoining);
        host.Log.Write(
            LogLevel.Info, LogCategory.Default,
            $"this node is a member of the cluster {answer.Cluster}, with {Names(answer.Members)}");
    }

    private async Task ResetAsync(ClusterHost cluster, bool force)
    {
        Holdings? own = null;
        if (cluster.ReadOverruled() is not null)
        {
            own = Holdings.Unknown;
        }
        else if (!force)
        {
            await LeaveUnstartedAsync(cluster).ConfigureAwait(false);
            own = await LookAsync(cluster, leaves: true, force: false).ConfigureAwait(false);
            if (own is null && _directory.Exists)
                own = _directory.IsBlank ? Holdings.None : Holdings.Unknown;
        }
        Away(force ? Holdings.Unknown : own);
        AttemptOn(ForgetJoining);
    }

    private bool ForgetJoining()
    {
        _directory.ForgetJoining();
        return true;
    }

    // Its directory says so, or the member itself, which an operator has made go on without this node meanwhile.
    private static async Task<bool> IsOverruledAsync(
        ClusterHost cluster, NodeName member, NodeIdentity? identity, ImmutableArray<MemberRecord> members)
    {
        if (cluster.ReadOverruled() is not null)
            return true;
        return identity is not null && members.Any(one => one.Name == member)
            && Overruling.IsLater(await cluster.Guest.MeetAsync(member).ConfigureAwait(false), identity);
    }

    // The member itself says so: this node's directory knows of nothing that came since it was stopped. What it has was
    // given up when it was forgotten.
    private async Task<bool> IsForgottenAsync(ClusterHost cluster, MemberRecord member)
    {
        // Let in and never started: there is nothing by which anybody could have met it.
        if (!_directory.HasLog)
            return false;
        string? reason = null;
        Node node = QuietNode.Start(host, cluster);
        await using (node.ConfigureAwait(false))
        {
            long begun = host.Seams.Time.GetTimestamp();
            while (host.Seams.Time.GetElapsedTime(begun) < MeetingPatience)
            {
                PeerStatus? peer = cluster.Status().FirstOrDefault(one => one.Name == member.Name);
                if (peer is { IsUp: true })
                    return false;
                if (peer is { Refusal: RefusalCode.Forgotten })
                    return true;
                reason = peer?.Reason;
                await Task.Delay(TimeSpan.FromMilliseconds(50), host.Seams.Time).ConfigureAwait(false);
            }
        }
        throw ControlRefusalException.Because(
            $"{Self} was a member of the cluster of {member.Name} when it was stopped, and cannot ask {member.Name} "
            + $"whether it is one still: {reason ?? "it is not reached"}");
    }

    private static string Names(IEnumerable<MemberRecord> members) =>
        string.Join(", ", members.Select(member => member.Name.Value));

    // A directory with nothing of its own is nothing to be kept.
    private void Away(Holdings? own) => AttemptOn(() =>
    {
        if (own is { HasAny: false })
            _directory.Remove();
        else
            TellAside(_directory.SetAside());
        return true;
    });

    private void TellAside(string? aside)
    {
        if (aside is null)
            return;
        host.Log.Write(
            LogLevel.Warning, LogCategory.Default,
            $"what this node had is in {aside} now; remove it when nobody misses anything");
    }

    private T AttemptOn<T>(Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ControlRefusalException.Because(
                $"{host.Options.Places.DataDirectory} cannot be set aside or made: {error.Message}");
        }
    }

    // Null: there is no directory, or nothing was ever started in it.
    private async Task<Holdings?> LookAsync(ClusterHost cluster, bool leaves, bool force)
    {
        (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
        if (!_directory.HasLog)
            return null;
        Node node = QuietNode.Start(host, cluster);
        await using (node.ConfigureAwait(false))
        {
            bool isOfSeveral = members.Any(member => member.Id != identity?.Node);
            if (isOfSeveral && leaves)
                await ServingAsync(node).ConfigureAwait(false);
            Holdings own = Holdings.Of(node.Broker, isOfSeveral);
            if (own.Queues.Length > 0 && leaves && !force)
            {
                throw ControlRefusalException.Because(
                    $"{Self} has the only copy of {own}. Move or delete them first; 'rabbitmqctl force_reset' sets "
                    + "them aside with all else, without telling the other nodes");
            }
            if (isOfSeveral && leaves)
                await LeaveAsync(node, cluster, identity!.Node).ConfigureAwait(false);
            // What has come since is kept.
            return Holdings.Of(node.Broker, isOfSeveral);
        }
    }

    // It was let in and never started as a member: nobody but the others knows that it is one.
    private async Task LeaveUnstartedAsync(ClusterHost cluster)
    {
        (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
        MemberRecord[] others = [.. members.Where(one => one.Id != identity?.Node)];
        if (identity is not { Generation: > 0 } || others.Length == 0 || _directory.HasLog
            || cluster.WhyAlone is not null)
            return;
        MembershipAnswer? answer = null;
        foreach (MemberRecord other in others)
        {
            answer = await cluster.Guest
                .AskAsync(MembershipRequestKind.Leave, other.Name, identity.Node, Patience).ConfigureAwait(false);
            if (answer.Outcome == MembershipOutcome.Done)
                return;
        }
        throw ControlRefusalException.Because(
            $"{Self} cannot leave its cluster: {answer!.Reason}. {ForceInstead()}");
    }

    private string ForceInstead() => "'rabbitmqctl force_reset' sets its data aside without telling the other nodes; "
        + $"then 'rabbitmqctl forget_cluster_node {Self}' on one of them";

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
                + ForceInstead());
        }
    }

    private async Task LeaveAsync(Node node, ClusterHost cluster, NodeId self)
    {
        MembershipAnswer answer = await node.Membership!.DoAsync(
            new MembershipRequest(MembershipRequestKind.Leave, cluster.Record(self))).ConfigureAwait(false);
        if (answer.Outcome != MembershipOutcome.Done)
            throw ControlRefusalException.Because($"{Self} cannot leave its cluster: {answer.Reason}");
    }
}
