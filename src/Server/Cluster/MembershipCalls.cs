using System.Collections.Concurrent;
using Warren.Cluster;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Cluster.Peers;

namespace Warren.Server.Cluster;

/// <summary>
/// Links of purpose Join, on both sides: a node without a cluster asks one thing of a member, and hears one answer.
/// </summary>
/// <param name="serve">Answers what others ask; must not throw.</param>
internal sealed class MembershipCalls(Func<MembershipRequest, Task<MembershipAnswer>> serve) : IVisitorUser
{
    private readonly ConcurrentDictionary<PeerLink, TaskCompletionSource<MembershipAnswer?>> _asked = new();

    /// <summary>
    /// Asks the node of a name at an address; a reason instead of an answer if it could not be asked. Whatever it says,
    /// the cluster is the one that the node has proved to be in.
    /// </summary>
    public async Task<AskedMember> AskAsync(
        PeerLinks links, NodeName member, PeerAddress address, MembershipRequest request, TimeSpan patience)
    {
        VisitOutcome visit = await links.VisitAsync(address, LinkPurpose.Join).ConfigureAwait(false);
        PeerIdentity? met = visit.Link?.Peer ?? visit.Peer;
        if (met is not null && met.Name != member)
        {
            visit.Link?.Close("another node was looked for");
            return new AskedMember(
                MembershipAnswer.Refused(
                    MembershipOutcome.Refused, $"at its address {address} answers {met.Name} instead"),
                Met: null);
        }
        if (visit.Link is { } link)
            return new AskedMember(await AskAsync(link, request, patience).ConfigureAwait(false), met);
        bool isTemporary = visit.Refusal!.Code is RefusalCode.Unreachable or RefusalCode.TimedOut
            or RefusalCode.Busy or RefusalCode.Stopping;
        MembershipAnswer refused = MembershipAnswer.Refused(
            isTemporary ? MembershipOutcome.Later : MembershipOutcome.Refused, visit.Refusal.Sentence);
        return new AskedMember(refused with { Cluster = new ClusterId(met?.ClusterId ?? default) }, met)
        {
            IsUnidentified = met is not null && visit.Refusal.Code == RefusalCode.Unidentified,
        };
    }

    public void LinkUp(PeerLink link)
    {
    }

    public void LinkDown(PeerLink link, string reason)
    {
        if (_asked.TryRemove(link, out TaskCompletionSource<MembershipAnswer?>? answered))
            answered.TrySetResult(null);
    }

    public void FrameArrived(in PeerFrame frame)
    {
        PeerLink link = frame.Link;
        if (frame.Kind == MembershipFormat.AnswerKind)
            Answered(link).TrySetResult(MembershipFormat.ReadAnswer(frame.Body));
        else if (frame.Kind == MembershipFormat.RequestKind && MembershipFormat.ReadRequest(frame.Body) is { } request)
            _ = ServeAsync(link, request);
        else
            link.Close("what was asked is not understood");
        frame.Credit.Return();
    }

    public void RoomAgain(PeerLink link, LinkClass linkClass)
    {
    }

    private async Task<MembershipAnswer> AskAsync(PeerLink link, MembershipRequest request, TimeSpan patience)
    {
        var cluster = new ClusterId(link.Peer.ClusterId);
        TaskCompletionSource<MembershipAnswer?> answered = Answered(link);
        // It may have ended before anybody waited for its end.
        if (link.EndReason is not null)
            answered.TrySetResult(null);
        try
        {
            link.TrySend(LinkClass.Control, MembershipFormat.RequestKind, MembershipFormat.Write(request));
            MembershipAnswer? answer = await answered.Task.WaitAsync(patience).ConfigureAwait(false);
            answer ??= MembershipAnswer.Refused(
                MembershipOutcome.Later, link.EndReason ?? "the node answered what this version does not understand");
            return answer.Outcome == MembershipOutcome.Done ? answer : answer with { Cluster = cluster };
        }
        catch (TimeoutException)
        {
            return MembershipAnswer.Refused(
                MembershipOutcome.Later, $"{link.Peer.Name} has not answered for {patience.TotalSeconds:0} s") with
            {
                Cluster = cluster,
            };
        }
        finally
        {
            _asked.TryRemove(link, out _);
            link.Close("all is said");
        }
    }

    private async Task ServeAsync(PeerLink link, MembershipRequest request)
    {
        // Off the link's loop.
        await Task.Yield();
        // Who asks has proved the cookie by his name; he speaks for nobody else.
        MembershipAnswer answer = request.Node.Id == link.Peer.NodeId && request.Node.Name == link.Peer.Name
            && request.Kind != MembershipRequestKind.Forget
            ? await serve(request).ConfigureAwait(false)
            : MembershipAnswer.Refused(MembershipOutcome.Refused, $"{link.Peer.Name} may ask for itself alone");
        link.TrySend(LinkClass.Control, MembershipFormat.AnswerKind, MembershipFormat.Write(answer));
    }

    private TaskCompletionSource<MembershipAnswer?> Answered(PeerLink link) => _asked.GetOrAdd(
        link,
        static _ => new TaskCompletionSource<MembershipAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously));
}
