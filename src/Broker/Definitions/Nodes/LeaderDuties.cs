using Warren.Broker.Definitions.Entries;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>
/// What the leader does for other nodes: takes their proposals, opens and ends their sessions, changes the members.
/// Whoever does not lead drops what is asked of him: it will be asked of the leader. Owned by the definitions' turn.
/// </summary>
internal sealed class LeaderDuties(
    DefinitionsStore store, DefinitionsReplica replica, OwnSession session, ClusterSetup? setup)
{
    private readonly MembershipRequests _requests = new(store.Broker, setup?.PatienceMs ?? 0);
    private QueueRepairs? _repairs;
    private LeaderBalancing? _balancing;
    private Handover? _handover;
    private TaskCompletionSource? _handedOver;
    private bool _stops;

    /// <summary>The end of a turn.</summary>
    public void Drive()
    {
        _requests.Drive(store.Group);
        DriveHandover();
        (_repairs ??= new QueueRepairs(store, this)).Drive(store.Group);
        (_balancing ??= new LeaderBalancing(store, setup)).Drive(store.Group);
    }

    /// <summary>What decides about members of queues has changed.</summary>
    public void LookAtQueues() => _repairs?.LookAgain();

    /// <summary>Another node wants a session, of a start of its directory.</summary>
    public void OpenSession(NodeId node, long boot, long epoch)
    {
        if (store.Group.MayDecide && store.Group.Members.Contains(node))
            session.Open(node, boot, epoch);
    }

    /// <summary>Another node wants something in the log.</summary>
    public void TakeProposal(NodeId from, byte[] proposal)
    {
        if (!store.Group.MayDecide || !LoggedFormat.TryReadOrigin(proposal, out SessionNumber origin)
            || !store.Broker.Nodes.Sessions.TryGetValue(from, out NodeSession? open) || open.Id != origin.Session
            || origin.Number != DefinitionsState.NumberOf(replica.Proposed(), origin.Session) + 1)
            return;
        try
        {
            LoggedFormat.Read(proposal, []);
        }
        catch (FormatException error)
        {
            string text = $"A definition that node {from} proposes {error.Message}: it is not made";
            const string Advice = "All nodes should run the same version of Warren";
            store.Broker.Log(LogLevel.Error, LogCategory.Default, $"{text}. {Advice}.");
            store.Broker.Note(new Incident(IncidentKind.StrangeNode, $"{from}", text, Advice));
            return;
        }
        replica.TryPropose(proposal);
    }

    /// <summary>A leader's own: what it decides for the cluster. False: not now.</summary>
    /// <param name="entry">What.</param>
    /// <param name="expected">See <see cref="LoggedEntry"/>.</param>
    public bool TryProposeAsLeader(DefinitionsEntry entry, long expected = LoggedEntry.Anything)
    {
        bool isProposed = replica.TryPropose(new LoggedEntry(entry, expected, 0, 0, []));
        store.Flush();
        return isProposed;
    }

    /// <summary>A leader's: a node serves no more. False: not now.</summary>
    public bool TryEndSession(NodeId node, long session) =>
        TryProposeAsLeader(new RemovalEntry(DefinitionKey.OfSession(node)) { Session = session });

    public void ChangeMembers(in MembershipChange change, TaskCompletionSource<ChangeOutcome> done) =>
        _requests.Add(change, done);

    public void TransferLeadership(NodeId to, TaskCompletionSource<bool> done)
    {
        if (store.Group.Leader != to && !store.Group.TransferLeadership(to))
            done.SetResult(false);
        else
            _requests.Add(to, done);
    }

    /// <summary>
    /// Another node is to lead, if this one does; ends when one does, or when there is nobody to ask. It may not end: a
    /// leader that steps down meanwhile has no successor without a majority.
    /// </summary>
    /// <param name="stops">This node does not stand for it again before its next start.</param>
    /// <param name="done">To be completed.</param>
    public void HandOver(bool stops, TaskCompletionSource done)
    {
        _stops |= stops;
        Bar();
        _handedOver?.TrySetResult();
        _handedOver = done;
        // Who is halted applies nothing, so that no change would be made; who stops would hand it on.
        _handover = Leave();
    }

    /// <summary>Disks make or unmake a reason for this node not to lead.</summary>
    public void DisksChanged()
    {
        if (Bar() && store.Group.IsLeader)
            _handover ??= Leave();
    }

    private Handover Leave() =>
        new(store.Group, node => store.Peers!.MayLead(node), store.Broker.Maintenance.Includes);

    // True: for the disk's sake.
    private bool Bar()
    {
        bool leavesToOthers = store.Broker.Disks?.LeavesToOthers(store.Group.Members) == true;
        Handover.SetBarred(store.Group, _stops || leavesToOthers);
        return leavesToOthers;
    }

    private void DriveHandover()
    {
        if (_handover is null)
            return;
        _handover.Drive();
        if (!_handover.IsOver)
            return;
        _handover = null;
        _handedOver?.TrySetResult();
    }
}
