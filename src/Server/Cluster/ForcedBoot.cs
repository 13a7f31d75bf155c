using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Warren.Broker;
using Warren.Broker.Definitions.Nodes;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Incidents;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Configuration;
using Warren.Storage;
using Warren.Storage.Disk;
using BrokerMember = Warren.Broker.Definitions.Nodes.ClusterMember;

namespace Warren.Server.Cluster;

/// <summary>
/// The last resort (docs/decisions/0012-membership.md): a node whose other members are gone for good goes on without
/// them, as a new generation of the cluster. In two steps, both while the broker is stopped: <c>force_boot</c> looks,
/// says what may be lost and notes it in the directory (<see cref="ForcedBootFile"/>); the next start looks again and
/// does it, unless a majority is back by then. Every step may be cut off by a crash, and is done again.
/// </summary>
internal sealed class ForcedBoot(NodeHost host)
{
    /// <summary>Others that run are met in less; those that do not are seldom slower to be known as such.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Until those that were taken for dead, and run, are looked for again.</summary>
    private static readonly TimeSpan AbsenceInterval = TimeSpan.FromSeconds(1);

    private string Self => host.Options.Places.NodeName;

    /// <summary>Notes that the next start is forced; what it comes to, a sentence each.</summary>
    /// <param name="cluster">The node among others, whose broker is stopped.</param>
    /// <param name="named">Whom the operator names as dead; nobody: all that are missing.</param>
    /// <param name="acceptsLoss">
    /// Members of replicated queues here that are damaged or not complete go on with what they have.
    /// </param>
    /// <exception cref="ForcedBootException">There is nothing to be forced, or somebody is there.</exception>
    public async Task<ImmutableArray<string>> PlanAsync(
        ClusterHost cluster, IReadOnlyList<string> named, bool acceptsLoss)
    {
        if (cluster.ReadOverruled() is { } overruled)
            throw new ForcedBootException(overruled);
        (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
        if (identity is not null && members.Length <= 1 && acceptsLoss)
            return await PlanAloneAsync(cluster, identity).ConfigureAwait(false);
        if (identity is null || members.Length <= 1)
            return [.. Withdraw(cluster), $"{Self} has no other members to wait for: its next start is as any other"];
        (ImmutableArray<MemberRecord> dead, ForcedBootReport report) =
            await LookAsync(cluster, identity, members, acceptsLoss).ConfigureAwait(false);
        string[] names = [.. dead.Select(static one => one.Name.Value).Order(StringComparer.Ordinal)];
        if (named.Count > 0 && !named.Order(StringComparer.Ordinal).SequenceEqual(names))
        {
            throw new ForcedBootException(
                $"the members that are missing are {string.Join(", ", names)}: name these, or none");
        }
        report.Before(
            string.Create(
                CultureInfo.InvariantCulture,
                $"nothing is changed yet: the next start, 'rabbitmqctl start_app', begins generation ")
            + string.Create(CultureInfo.InvariantCulture, $"{identity.Generation + 1} of the cluster ")
            + $"{identity.Cluster} with {Self} alone, unless a majority of the present one is back by then");
        return Note(report, acceptsLoss, new MembershipAnswer
        {
            Outcome = MembershipOutcome.Done,
            Cluster = identity.Cluster,
            Generation = identity.Generation + 1,
            Members = dead,
        });
    }

    /// <summary>Only a forced start, which looks for the others before, may run what is in such a directory.</summary>
    /// <exception cref="ConfigurationException">
    /// A forced start was cut off in it behind the step from which there is no way back.
    /// </exception>
    public static void RefuseHalfDone(NodeHost host, ClusterHost cluster)
    {
        string directory = host.Options.Places.DataDirectory;
        if (!new NodeDirectory(directory).Exists)
            return;
        (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
        try
        {
            if (identity is null || ForcedBootFile.Read(host.Seams.OpenDisk(directory)) is not { } plan
                || ForcedBootFile.IsOfLoneNode(plan) || !IsHalfDone(plan, identity, members))
                return;
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
        string self = host.Options.Places.NodeName;
        throw new ConfigurationException(
            $"force_boot is half done on {self}, and to run it could take the others out of service: 'rabbitmqctl "
            + "start_app' looks for them and goes on with it, 'rabbitmqctl force_reset' gives it up");
    }

    /// <summary>
    /// At a start: whether it is forced; null: it is as any other. One that was cut off waits while somebody runs whom
    /// it would overrule.
    /// </summary>
    /// <exception cref="ConfigurationException">It can be neither now; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was stopped while it waited.</exception>
    public async Task<ForcedGeneration?> DecideAsync(ClusterHost cluster, CancellationToken stop)
    {
        string directory = host.Options.Places.DataDirectory;
        if (!new NodeDirectory(directory).HasLog)
            return null;
        IDisk disk = host.Seams.OpenDisk(directory);
        try
        {
            if (ForcedBootFile.Read(disk) is not { } plan)
                return null;
            (NodeIdentity? identity, ImmutableArray<MemberRecord> members) = cluster.ReadDirectory();
            if (identity is null)
            {
                throw new ConfigurationException(
                    $"data directory {directory}: the file \"{IdentityFile.Path}\", which says who is to go on alone, "
                    + "is lost: put it back from a copy, or set the directory aside");
            }
            if (IsHalfDone(plan, identity, members) && ForcedBootFile.IsOfLoneNode(plan))
                return await DecideAloneAsync(cluster, disk, plan, identity).ConfigureAwait(false);
            if (IsHalfDone(plan, identity, members))
            {
                await WaitForAbsenceAsync(cluster, plan, stop).ConfigureAwait(false);
                return Begins(plan);
            }
            // The generation has members by now, or the node has come to another one: it would leave them.
            if (identity.Cluster != plan.Cluster || identity.Generation != plan.Generation - 1)
                throw new ForcedBootException("the node is of another generation by now than it was noted for");
            (ImmutableArray<MemberRecord> dead, ForcedBootReport report) =
                await LookAsync(cluster, identity, members, ForcedBootFile.AcceptsLoss(plan)).ConfigureAwait(false);
            plan = plan with { Members = dead };
            ForcedBootFile.Write(disk, plan);
            string begins = string.Create(CultureInfo.InvariantCulture, $"generation {plan.Generation} begins");
            TellIncident(
                plan, begins, report, "; the others come back by join_cluster",
                text => IncidentFile.Write(disk, plan, text));
            return Begins(plan);
        }
        catch (ForcedBootException reason)
        {
            Drop(disk, directory, reason);
            return null;
        }
        catch (Exception error) when (error is IdentityException or DiskException)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
    }

    // A start was cut off behind the step from which there is no way back. Those that were taken for dead may have come
    // to life since, and would be overruled with whatever they have done.
    private async Task WaitForAbsenceAsync(ClusterHost cluster, MembershipAnswer plan, CancellationToken stop)
    {
        while (await FindAsync().ConfigureAwait(false) is { } there)
        {
            await cluster.WaitForOperatorAsync(
                $"force_boot on {Self} was cut off half way, and {there}, which was taken for dead, runs: stop it, and "
                + $"this node goes on without it; or 'rabbitmqctl force_reset' {Self}, forget it on {there}, and let "
                + "it join again",
                async () =>
                {
                    do
                        await Task.Delay(AbsenceInterval, host.Seams.Time, stop).ConfigureAwait(false);
                    while (await FindAsync().ConfigureAwait(false) == there);
                }).ConfigureAwait(false);
        }

        Task<NodeName?> FindAsync() => cluster.Guest.FindRunningAsync(plan).WaitAsync(stop);
    }

    // Nobody else is in the cluster, so that nobody could bring what is missing, nor be overruled. The plan is of the
    // generation that there is.
    private async Task<ImmutableArray<string>> PlanAloneAsync(ClusterHost cluster, NodeIdentity identity)
    {
        ForcedBootReport report = await LookAloneAsync(cluster, identity).ConfigureAwait(false);
        if (report.Damaged == 0)
        {
            return
            [
                .. Withdraw(cluster),
                $"{Self} has no other members to wait for, nor a queue that does: its next start is as any other",
            ];
        }
        report.Before(
            "nothing is changed yet: the next start, 'rabbitmqctl start_app', does it; 'rabbitmqctl force_boot' "
            + "without --accept-loss withdraws it before");
        return Note(report, acceptsLoss: true, new MembershipAnswer
        {
            Outcome = MembershipOutcome.Done,
            Cluster = identity.Cluster,
            Generation = identity.Generation,
        });
    }

    // At the start of a node that was alone already: of queues that are whole by now nothing is accepted.
    private async Task<ForcedGeneration?> DecideAloneAsync(
        ClusterHost cluster, IDisk disk, MembershipAnswer plan, NodeIdentity identity)
    {
        ForcedBootReport report = await LookAloneAsync(cluster, identity).ConfigureAwait(false);
        if (report.Damaged == 0)
        {
            ForcedBootFile.Remove(disk);
            return null;
        }
        TellIncident(
            plan, "damaged queues go on with what is left of them", report, "",
            text => IncidentFile.AddAccepted(disk, plan, text));
        return Begins(plan);
    }

    private async Task<ForcedBootReport> LookAloneAsync(ClusterHost cluster, NodeIdentity identity)
    {
        Node node = QuietNode.Start(host, cluster);
        await using (node.ConfigureAwait(false))
        {
            await MeetAsync(node, cluster).ConfigureAwait(false);
            if (!node.Serving.IsCompletedSuccessfully)
                throw new ForcedBootException($"{Self} is alone, and does not serve: 'rabbitmqctl start_app' says why");
            ImmutableArray<SurvivingMember> members =
                await node.Broker.Members.SurvivingAsync(node.Broker.QueuesAndStores()).ConfigureAwait(false);
            return ForcedBootReport.OfAlone(Self, members, identity);
        }
    }

    // What a node that is alone was to accept, and has not accepted yet. A forced start that is half done stays.
    private IEnumerable<string> Withdraw(ClusterHost cluster)
    {
        RefuseHalfDone(host, cluster);
        string directory = host.Options.Places.DataDirectory;
        if (!new NodeDirectory(directory).Exists)
            return [];
        IDisk disk = host.Seams.OpenDisk(directory);
        if (ForcedBootFile.Read(disk) is not { } plan || !ForcedBootFile.IsOfLoneNode(plan))
            return [];
        ForcedBootFile.Remove(disk);
        const string Sentence = "what 'force_boot --accept-loss' has noted is withdrawn";
        host.Log.Write(LogLevel.Warning, LogCategory.Default, $"force_boot: {Sentence}");
        return [Sentence];
    }

    private ImmutableArray<string> Note(ForcedBootReport report, bool acceptsLoss, MembershipAnswer plan)
    {
        IDisk disk = host.Seams.OpenDisk(host.Options.Places.DataDirectory);
        ForcedBootFile.Write(disk, ForcedBootFile.With(plan, acceptsLoss));
        foreach (string line in report.Lines)
            host.Log.Write(LogLevel.Warning, LogCategory.Default, $"force_boot: {line.TrimStart()}");
        return report.Lines;
    }

    private static bool IsHalfDone(
        MembershipAnswer plan, NodeIdentity identity, ImmutableArray<MemberRecord> members) =>
        identity.Cluster == plan.Cluster && identity.Generation == plan.Generation
        && members.All(one => one.Id == identity.Node || plan.Members.Any(dead => dead.Id == one.Id));

    private ForcedGeneration Begins(MembershipAnswer plan) => new(plan, Self, host.Seams.Time);

    private void Drop(IDisk disk, string directory, ForcedBootException reason)
    {
        try
        {
            ForcedBootFile.Remove(disk);
        }
        catch (DiskException error)
        {
            throw new ConfigurationException($"data directory {directory}: {error.Message}", error);
        }
        host.Log.Write(
            LogLevel.Warning, LogCategory.Default,
            $"force_boot is not done, and must be given again if it is still wanted: {reason.Message}");
    }

    private async Task<(ImmutableArray<MemberRecord> Dead, ForcedBootReport Report)> LookAsync(
        ClusterHost cluster, NodeIdentity identity, ImmutableArray<MemberRecord> members, bool acceptsLoss)
    {
        Node node = QuietNode.Start(host, cluster);
        await using (node.ConfigureAwait(false))
        {
            await MeetAsync(node, cluster).ConfigureAwait(false);
            if (cluster.ReadOverruled() is { } overruled)
                throw new ForcedBootException(overruled);
            if (node.Serving.IsCompletedSuccessfully)
            {
                throw new ForcedBootException(
                    $"{Self} reaches a majority of its cluster: 'rabbitmqctl start_app' will do");
            }
            if (cluster.Status().FirstOrDefault(static peer => peer.IsUp) is { } there)
            {
                throw new ForcedBootException(
                    $"{there.Name} runs: stop it first, or there would be two clusters. It comes back as a new member");
            }
            // Whoever answers runs, whatever is wrong between the two: forcing would take the others out of service.
            if (cluster.Status().FirstOrDefault(static peer => peer.Reason is not null && peer.Refusal is not
                (RefusalCode.None or RefusalCode.Unreachable or RefusalCode.TimedOut)) is { } refusing)
            {
                throw new ForcedBootException(
                    $"{refusing.Name} runs, and no link with it is up: {refusing.Reason}. Mend that, or stop it");
            }
            ClusterStatus status = node.Broker.Cluster.Status;
            if (!status.Members.Any(member => member.Node == identity.Node))
            {
                throw new ForcedBootException(
                    $"{Self} has nothing of its cluster yet, and could not go on with it: 'rabbitmqctl force_reset' "
                    + "makes it a new node");
            }
            ImmutableArray<MemberRecord> dead = [.. members.Where(one => one.Id != identity.Node)];
            (ImmutableArray<QueueDefinition> queues, LogIndex last) =
                await node.Broker.Cluster.ForeseeAsync().ConfigureAwait(false);
            ImmutableArray<QueueDefinition> lost =
            [
                .. queues.Where(queue => queue.SurvivesRestart
                    && queue.LivesOn.All(node => dead.Any(one => one.Id == node))),
            ];
            ImmutableArray<SurvivingMember> surviving =
                await node.Broker.Members.SurvivingAsync(queues).ConfigureAwait(false);
            return (dead, ForcedBootReport.Of(Self, dead, lost, surviving, acceptsLoss, last, identity));
        }
    }

    // Until it is known of everybody whether he is there.
    private async Task MeetAsync(Node node, ClusterHost cluster)
    {
        long begun = host.Seams.Time.GetTimestamp();
        while (host.Seams.Time.GetElapsedTime(begun) < Patience && !node.Serving.IsCompleted)
        {
            IReadOnlyList<PeerStatus> peers = cluster.Status();
            if (peers.Count > 0 && peers.All(static peer => !peer.IsUp && peer.Reason is not null))
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), host.Seams.Time).ConfigureAwait(false);
        }
    }

    // Durable before it is done.
    private void TellIncident(
        MembershipAnswer plan, string what, ForcedBootReport report, string advice, Func<string, string> write)
    {
        DateTimeOffset now = host.Seams.Time.GetUtcNow();
        var text = new StringBuilder();
        string command = ForcedBootFile.AcceptsLoss(plan) ? "force_boot --accept-loss" : "force_boot";
        string begins = $"{command} on {Self}: {what}";
        text.Append(CultureInfo.InvariantCulture, $"{now:yyyy-MM-dd HH:mm:ss}Z {begins}\n");
        foreach (string line in report.All)
            text.Append(CultureInfo.InvariantCulture, $"  {line}\n");
        string path = write(text.ToString());
        string kept = $"all of it is in {path} of the data directory";
        host.Log.Write(
            LogLevel.Warning, LogCategory.Default,
            $"incident: {begins}\n  {string.Join("\n  ", report.Lines)}\n  {kept}");
        host.Seams.Incidents(new Incident(
            IncidentKind.ForceBoot, Self,
            $"{begins}: {string.Join("; ", report.Lines.Select(static line => line.Trim()))}",
            $"{kept}{advice}"));
    }
}
