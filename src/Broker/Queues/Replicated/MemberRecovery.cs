using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;
using Warren.Cluster.Incidents;
using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>How a member of a replicated queue begins with what a start has found of it.</summary>
/// <param name="setup">The cluster's.</param>
internal sealed class MemberRecovery(ClusterSetup setup)
{
    /// <summary>What an operator has said, as he has said it.</summary>
    private const string Command = "'force_boot --accept-loss'";

    /// <summary>Within the call that brings the group.</summary>
    public RaftGroupStart Recover(ReplicatedQueue queue, ReplicaOwner owner, NodeLog log, RecoveredGroup found)
    {
        owner.StartLog = log;
        bool acceptsLoss = setup.AcceptsLoss();
        using EntryReader? reader = acceptsLoss ? log.OpenReader() : null;
        RaftGroupStart start = RaftGroupStart.Recover(
            setup.Self, found, owner, acceptsLoss, entry => IsReadable(reader!, queue.Group, entry),
            setup.BeginsAlone);
        owner.StartLog = null;
        owner.IsFreshCopyAwaited = start.IsUnsound;
        if (start.IsUnsound)
        {
            ReplicaReports.Note(
                queue, IncidentKind.DamagedMember,
                "this member has lost something of it, and waits for the leader to bring it all",
                "It counts for nothing until then; look after the disk");
        }
        else if (start.AcceptsLoss)
        {
            TellAccepted(
                queue,
                found.LostEntries == 0
                    ? "what is lost is not known"
                    : $"{found.LostEntries} entries are known to be lost");
        }
        return start;
    }

    /// <summary>
    /// A member of whose group the directory has nothing although it should: it waits for a leader, or an operator has
    /// said that there is none.
    /// </summary>
    public RaftGroupStart Lost(ReplicatedQueue queue)
    {
        if (!setup.AcceptsLoss())
            return RaftGroupStart.Lost(setup.Self);
        TellAccepted(queue, "nothing of it was here, and it is empty");
        return RaftGroupStart.Found(setup.Self, new Membership([new Member(setup.Self, IsVoter: true)]));
    }

    private static void TellAccepted(ReplicatedQueue queue, string what) => ReplicaReports.Note(
        queue, IncidentKind.AcceptedLoss,
        $"this damaged or incomplete member goes on alone with what is left of it, by {Command}: {what}");

    private static bool IsReadable(EntryReader reader, GroupId group, LiveEntry entry) => reader.Read(
        group, entry.Index, entry.Position, EntryReader.EntryOverheadBytes + entry.PayloadBytes,
        out ReadOnlySpan<byte> _, out ReadOnlySpan<byte> _) == ReadOutcome.Whole;
}
