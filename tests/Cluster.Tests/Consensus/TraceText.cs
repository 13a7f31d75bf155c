using System.Text;
using Warren.Cluster.Consensus;
using Warren.Cluster.Consensus.Messages;

namespace Warren.Cluster.Tests.Consensus;

/// <summary>What scripts say of messages, entries and nodes; an entry is index/term.</summary>
internal static class TraceText
{
    public static string Of(NodeId id) => id.IsNone ? "nobody" : $"{id.Value.ToByteArray()[0]}";

    public static string Of(Membership members) => members.Members.Length == 0
        ? "nobody"
        : string.Join(
            ' ', members.Members.ToArray().Select(member => Of(member.Id) + (member.IsVoter ? "" : " (learner)")));

    public static string Of(in RaftEntry entry) => $"{entry.Index}/{entry.Term} " + entry.Kind switch
    {
        EntryKind.Empty => "empty",
        EntryKind.Membership => "members " + (MembershipFormat.TryRead(entry.Meta.Span, out Membership? members)
            ? Of(members!) : "?"),
        _ => entry.IsInMemory ? Encoding.UTF8.GetString(entry.Body.Span) : "(on disk)",
    };

    public static string Of(Heartbeat heartbeat) =>
        $"heartbeat, term {heartbeat.Term}, commit {heartbeat.Commit}, round {heartbeat.Round}";

    public static string Of(HeartbeatAnswer answer) =>
        $"heartbeat answer, term {answer.Term}, round {answer.Round}{Of(answer.Soundness)}";

    public static string Of(RaftMessage message) => message switch
    {
        VoteRequest request => $"{(request.IsPreVote ? "pre-vote" : "vote")} request, term {request.Term}, "
            + $"log {request.LastIndex}/{request.LastTerm}{(request.IsTransfer ? ", transfer" : "")}",
        VoteAnswer answer => $"{(answer.IsPreVote ? "pre-vote" : "vote")} "
            + $"{(answer.IsGranted ? "granted" : "refused")}, term {answer.Term}",
        AppendRequest request => $"append, term {request.Term}, behind {request.PreviousIndex}/{request.PreviousTerm}, "
            + $"commit {request.Commit}: " + Entries(request.Entries),
        AppendAnswer { IsRejected: true } answer => $"append rejected, term {answer.Term}, at {answer.Index}, "
            + $"hint {answer.HintIndex}/{answer.HintTerm}{Of(answer.Soundness)}",
        AppendAnswer answer => $"append accepted, term {answer.Term}, up to {answer.Index}{Of(answer.Soundness)}",
        SnapshotChunk chunk => $"chunk, term {chunk.Term}, attempt {chunk.Attempt}, "
            + $"offset {chunk.Offset} \"{Encoding.UTF8.GetString(chunk.Bytes.Span)}\"" + Of(chunk.End),
        SnapshotAnswer answer => $"snapshot {answer.Outcome switch
        {
            SnapshotOutcome.Continue => $"goes on at {answer.Offset}",
            SnapshotOutcome.Restart => "from the beginning",
            _ => $"installed, up to {answer.Index}",
        }}, term {answer.Term}, attempt {answer.Attempt}{Of(answer.Soundness)}",
        TimeoutNow => $"timeout now, term {message.Term}",
        BarrierRequest => $"barrier request, term {message.Term}",
        BarrierAnswer answer => $"barrier answer, term {message.Term}, index {answer.Index}",
        _ => throw new InvalidOperationException($"no words for a {message.GetType().Name}"),
    };

    public static string Of(RaftNode node) => $"{Of(node.Self)} is {Name(node.Role)} in term {node.Term}, "
        + $"leader {Of(node.Leader)}, log {node.Log.CompactedIndex.Value + 1}-{node.Log.LastIndex}, "
        + $"commit {node.Log.Commit}, members {Of(node.Members)}{Of(node.Soundness)}";

    public static string Entries(IReadOnlyList<RaftEntry> entries) => entries.Count == 0
        ? "nothing" : string.Join(", ", entries.Select(entry => Of(entry)));

    private static string Of(SnapshotEnd? end) => end is null
        ? "" : $", complete at {end.Index}/{end.Term}, members {Of(end.Members)}, commit {end.Commit}";

    private static string Of(Soundness soundness) => soundness switch
    {
        Soundness.Sound => "",
        Soundness.NeedsSnapshot => ", unsound",
        _ => ", unsound but catching up",
    };

    private static string Name(RaftRole role) => role switch
    {
        RaftRole.PreCandidate => "pre-candidate",
        RaftRole.Candidate => "candidate",
        RaftRole.Leader => "leader",
        _ => "follower",
    };
}
