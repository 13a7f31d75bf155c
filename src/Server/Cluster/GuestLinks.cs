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

    /// <summary>Asks a member to let this node in under an identity, or out.</summary>
    public Task<MembershipAnswer> AskAsync(
        MembershipRequestKind kind, NodeName member, NodeId self, TimeSpan patience) =>
        CallAsync(self, (calls, links) => host.AskAsync(kind, calls, links, member, self, patience));

    /// <summary>Whom one meets at a node's address; null: nobody who lets one in.</summary>
    public Task<PeerIdentity?> MeetAsync(NodeName member) => CallAsync(
        new NodeId(Guid.NewGuid()),
        async (_, links) =>
        {
            VisitOutcome visit = await links.VisitAsync(book.Find(member), LinkPurpose.Join).ConfigureAwait(false);
            return visit.Link?.Peer;
        });

    /// <summary>A member that is of a later generation than a directory; null: none is met.</summary>
    public async Task<PeerIdentity?> FindLaterAsync(NodeIdentity own, ImmutableArray<MemberRecord> members)
    {
        PeerIdentity?[] met = await Task.WhenAll(
            members.Where(one => one.Id != own.Node).Select(one => MeetSoonAsync(one.Name))).ConfigureAwait(false);
        return met.FirstOrDefault(peer => Overruling.IsLater(peer, own));
    }

    private async Task<PeerIdentity?> MeetSoonAsync(NodeName member)
    {
        try
        {
            return await MeetAsync(member).WaitAsync(LookingPatience, host.Seams.Time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

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
