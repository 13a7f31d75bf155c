using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Server.Cluster;

/// <summary>
/// A node whose broker is stopped calls on members, by links of its own that are no member's: to ask to be let in, or
/// just to hear who is there.
/// </summary>
internal sealed class GuestLinks(ClusterHost host, PeerBook book)
{
    /// <summary>Whoever is there answers in milliseconds; a start is held up for no longer than this.</summary>
    private static readonly TimeSpan LookingPatience = TimeSpan.FromSeconds(1);

    /// <summary>Silence for so long is taken for death, which must be no pause of a busy machine.</summary>
    private static readonly TimeSpan DeathPatience = TimeSpan.FromSeconds(5);

    /// <summary>How long nobody may answer for a node before it counts as absent.</summary>
    private static readonly TimeSpan AbsencePatience = TimeSpan.FromSeconds(1);

    /// <summary>Until one whose broker does not run is asked again: it may be starting.</summary>
    private static readonly TimeSpan StartingInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Asks a member to let this node in under an identity, or out.</summary>
    public Task<MembershipAnswer> AskAsync(
        MembershipRequestKind kind, NodeName member, NodeId self, TimeSpan patience) =>
        CallAsync(self, async (calls, links) =>
            (await host.AskAsync(kind, calls, links, member, self, patience).ConfigureAwait(false)).Answer);

    /// <summary>
    /// Who has proved to be at a node's address, whether it lets one in or not; null: nobody.
    /// </summary>
    public async Task<PeerIdentity?> MeetAsync(NodeName member) =>
        MetIn(await VisitAsync(member).ConfigureAwait(false));

    /// <summary>A member that is of a later generation than a directory; null: none is met.</summary>
    public async Task<PeerIdentity?> FindLaterAsync(NodeIdentity own, ImmutableArray<MemberRecord> members)
    {
        VisitOutcome?[] visits = await Task.WhenAll(
            members.Where(one => one.Id != own.Node).Select(one => VisitSoonAsync(one, LookingPatience)))
            .ConfigureAwait(false);
        return visits.Select(MetIn).FirstOrDefault(peer => Overruling.IsLater(peer, own));
    }

    /// <summary>
    /// One of those that were taken for dead whose broker runs, whether it lets this node in or not; null: none does.
    /// </summary>
    /// <param name="plan">The generation that begins without them.</param>
    public async Task<NodeName?> FindRunningAsync(MembershipAnswer plan)
    {
        ImmutableArray<MemberRecord> members = plan.Members;
        VisitOutcome?[] visits = await Task.WhenAll(members.Select(one => VisitPatientlyAsync(one, plan)))
            .ConfigureAwait(false);
        for (int place = 0; place < visits.Length; place++)
        {
            // Stopping: its process is there, and serves nobody; nor does one that cannot say who it is. Who has proved
            // to be another has only its address.
            NodeName name = members[place].Name;
            if (visits[place] is { } visit && MetIn(visit) is var met && (met is null || met.Name == name)
                && visit.Refusal?.Code is not
                    (RefusalCode.Unreachable or RefusalCode.TimedOut or RefusalCode.Stopping
                        or RefusalCode.Unidentified))
                return name;
        }
        return null;
    }

    private static PeerIdentity? MetIn(VisitOutcome? visit) => visit?.Link?.Peer ?? visit?.Peer;

    private async Task<VisitOutcome?> VisitPatientlyAsync(MemberRecord member, MembershipAnswer plan)
    {
        long begun = host.Seams.Time.GetTimestamp();
        while (true)
        {
            VisitOutcome? visit = await VisitSoonAsync(member, DeathPatience).ConfigureAwait(false);
            bool mayBeStarting = visit is { Refusal.Code: RefusalCode.Stopping, Peer: { } peer }
                && peer.ClusterId == plan.Cluster.Value && peer.Generation < plan.Generation;
            // Its port changes hands when its broker stops or starts: for a moment nobody answers there.
            bool isNobodyThere = visit is null or { Refusal.Code: RefusalCode.Unreachable or RefusalCode.TimedOut };
            TimeSpan patience = mayBeStarting ? DeathPatience : isNobodyThere ? AbsencePatience : TimeSpan.Zero;
            if (host.Seams.Time.GetElapsedTime(begun) >= patience)
                return visit;
            await Task.Delay(StartingInterval, host.Seams.Time).ConfigureAwait(false);
        }
    }

    private async Task<VisitOutcome?> VisitSoonAsync(MemberRecord member, TimeSpan patience)
    {
        // The process may be so new that nobody has told it yet.
        book.Tell(member.Name, member.Address);
        try
        {
            return await VisitAsync(member.Name).WaitAsync(patience, host.Seams.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private Task<VisitOutcome> VisitAsync(NodeName member) => CallAsync(
        new NodeId(Guid.NewGuid()), (_, links) => links.VisitAsync(book.Find(member), LinkPurpose.Join));

    private async Task<T> CallAsync<T>(NodeId self, Func<MembershipCalls, PeerLinks, Task<T>> act)
    {
        var calls = new MembershipCalls(_ => Task.FromResult(MembershipAnswer.Refused(
            MembershipOutcome.Later, $"{host.Name} is joining itself")));
        var hub = new PeerHub(self, host);
        hub.Serve(LinkPurpose.Join, calls);
        PeerLinks links = host.MakeLinks(
            hub, 0, new NodeIdentity(self, ClusterId.None, 0), declines: null, listens: false);
        hub.Attach(links);
        links.Start();
        await using (links.ConfigureAwait(false))
            return await act(calls, links).ConfigureAwait(false);
    }
}
