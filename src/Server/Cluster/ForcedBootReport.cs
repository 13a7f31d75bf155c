using System.Collections.Immutable;
using System.Globalization;
using Warren.Broker.Operations;
using Warren.Broker.Queues;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Incidents;
using Warren.Cluster.Joining;
using Warren.Storage;

namespace Warren.Server.Cluster;

/// <summary>
/// What an operator is told before a forced start, and what is kept of it after: which queues are lost, which may have
/// lost something, and up to where this node has them. A sentence each.
/// </summary>
internal sealed class ForcedBootReport
{
    /// <summary>Queues that are named one by one in what is printed; the record names all.</summary>
    private const int MostNamed = 10;

    private readonly List<string> _lines = [];
    private readonly List<string> _all = [];
    private readonly string _self;
    private readonly Dictionary<NodeId, string> _names;

    private ForcedBootReport(string self, NodeIdentity identity, ImmutableArray<MemberRecord> others)
    {
        _self = self;
        _names = others.ToDictionary(static one => one.Id, static one => one.Name.Value);
        _names[identity.Node] = self;
    }

    /// <summary>To be printed: of very many queues the first.</summary>
    public ImmutableArray<string> Lines => [.. _lines];

    /// <summary>To be kept: the same, with all queues.</summary>
    public ImmutableArray<string> All => [.. _all];

    /// <summary>Members of replicated queues here that are damaged or were never complete.</summary>
    public int Damaged { get; private set; }

    /// <param name="self">The node's name.</param>
    /// <param name="dead">Whom it goes on without.</param>
    /// <param name="lost">The queues that live on them alone.</param>
    /// <param name="members">Its members of replicated queues.</param>
    /// <param name="acceptsLoss">Damaged ones go on with what is left.</param>
    /// <param name="last">The end of its log of definitions.</param>
    /// <param name="identity">Of the directory.</param>
    public static ForcedBootReport Of(
        string self, ImmutableArray<MemberRecord> dead, ImmutableArray<QueueDefinition> lost,
        ImmutableArray<SurvivingMember> members, bool acceptsLoss, LogIndex last, NodeIdentity identity)
    {
        var report = new ForcedBootReport(self, identity, dead);
        string names = string.Join(", ", dead.Select(static one => one.Name.Value).Order(StringComparer.Ordinal));
        report.Say(
            $"taken for dead: {names}. They can come back as new members alone, by join_cluster, which sets aside what "
            + "they have");
        report.SayLost(lost);
        report.SayMembers(members, acceptsLoss);
        report.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"lost may be whatever they have changed in users, permissions, policies, exchanges, queues and bindings ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"without {self}, whose last definition is number {last.Value}"));
        return report;
    }

    /// <summary>Of a node that has no others any more, for what waits on it for a leader that nobody is.</summary>
    public static ForcedBootReport OfAlone(
        string self, ImmutableArray<SurvivingMember> members, NodeIdentity identity)
    {
        var report = new ForcedBootReport(self, identity, []);
        report.SayMembers([.. members.Where(static one => one.IsDamaged)], acceptsLoss: true);
        return report;
    }

    /// <summary>For who reads it before: that nothing has happened yet.</summary>
    public ForcedBootReport Before(string sentence)
    {
        _lines.Add(sentence);
        return this;
    }

    private void Say(string sentence)
    {
        sentence = IncidentFormat.OneLine(sentence);
        _lines.Add(sentence);
        _all.Add(sentence);
    }

    private void SayLost(ImmutableArray<QueueDefinition> lost)
    {
        if (lost.IsEmpty)
        {
            Say("no durable queue lives on them alone");
            return;
        }
        lost = [.. InOrder(lost, static queue => queue)];
        _lines.Add(IncidentFormat.OneLine($"lost with them, messages and all: {QueueNames.Describe(lost)}"));
        _all.AddRange(lost.Select(
            static queue => IncidentFormat.OneLine($"lost with them, messages and all: {NameOf(queue)}")));
    }

    private void SayMembers(ImmutableArray<SurvivingMember> members, bool acceptsLoss)
    {
        members = [.. InOrder(members, static one => one.Queue)];
        SurvivingMember[] damaged = [.. members.Where(static one => one.IsDamaged)];
        SurvivingMember[] behind = [.. members.Where(static one => !one.IsDamaged && one.MayBeBehind)];
        SurvivingMember[] rest = [.. members.Where(static one => !one.IsDamaged && !one.MayBeBehind)];
        Damaged = damaged.Length;
        if (behind.Length > 0)
        {
            Say(
                $"{Queues(behind.Length)} with a member here may have been behind: whatever the others have confirmed "
                + "that is not in this node's log is lost, and what it has not heard to be acknowledged comes again. "
                + "What the others had is not known here");
        }
        if (rest.Length > 0)
        {
            Say(
                $"{Queues(rest.Length)} with a member here should have all that was confirmed, which took this node's "
                + "word as far as it knows the members");
        }
        if (damaged.Length > 0)
        {
            Say($"{Queues(damaged.Length)} with a member here that is damaged or was never complete, and nobody is "
                + "left who could bring what it lacks: " + (acceptsLoss
                    ? "with --accept-loss what is left of it is served as if it were all"
                    : "it stays out of reach. 'force_boot --accept-loss' has it go on with what is left, "
                        + "'delete_queue' removes it"));
        }
        SurvivingMember[] all = [.. damaged, .. behind, .. rest];
        string[] each = [.. all.Select(one => IncidentFormat.OneLine($"  {Describe(one)}"))];
        _all.AddRange(each);
        _lines.AddRange(each.Take(MostNamed));
        if (each.Length > MostNamed)
        {
            _lines.Add(
                $"  and {each.Length - MostNamed} more, which the start names in {NodeDirectory.Incidents}/ of the "
                + "data directory");
        }
    }

    // The broker has them in none, and who looks twice is to find the same ones named.
    private static IEnumerable<T> InOrder<T>(IEnumerable<T> queues, Func<T, QueueDefinition> queue) => queues
        .OrderBy(one => queue(one).Vhost, StringComparer.Ordinal)
        .ThenBy(one => queue(one).Name, StringComparer.Ordinal);

    private string Describe(SurvivingMember one)
    {
        string members = string.Join(", ", one.Members.Select(NameOf).Order(StringComparer.Ordinal));
        string where = one.Status switch
        {
            null => $"{_self} has nothing of it",
            { LastIndex: 0 } => $"{_self} has nothing of it yet",
            { NeedsSnapshot: true } status => string.Create(
                CultureInfo.InvariantCulture,
                $"{_self} is damaged or not complete, with what was compacted up to index {status.LastIndex}, term ")
                + string.Create(CultureInfo.InvariantCulture, $"{status.Term}"),
            { } status => string.Create(
                CultureInfo.InvariantCulture, $"{_self} has it up to index {status.LastIndex}, term {status.Term}, ")
                + Committed(status.CommitIndex)
                + (status.IsVoter == true ? "" : ", and was still catching up"),
        };
        return $"{NameOf(one.Queue)}: members {members}; {where}";
    }

    // It is not noted with every entry: more may be.
    private static string Committed(long index) => index == 0
        ? "and how far that is committed is not noted here"
        : string.Create(CultureInfo.InvariantCulture, $"of which at least up to {index} is committed");

    private string NameOf(NodeId node) => _names.GetValueOrDefault(node) ?? $"{node}";

    private static string NameOf(QueueDefinition queue) => queue.IsDelayStore
        ? $"the messages of a delayed exchange, '{queue.Name}' in vhost '{queue.Vhost}'"
        : $"queue '{queue.Name}' in vhost '{queue.Vhost}'";

    private static string Queues(int count) => count == 1
        ? "1 replicated queue"
        : string.Create(CultureInfo.InvariantCulture, $"{count} replicated queues");
}
