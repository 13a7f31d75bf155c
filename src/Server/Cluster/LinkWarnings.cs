using System.Collections.Immutable;
using Warren.Cluster.Incidents;
using Warren.Cluster.Links;

namespace Warren.Server.Cluster;

/// <summary>
/// Links that were refused for what an operator has to mend, also those of nodes that are no members: of each node the
/// last one, for as long as it may still be so. Any thread.
/// </summary>
internal sealed class LinkWarnings(TimeProvider time, IncidentSink? incidents = null)
{
    /// <summary>Whoever is refused for such a reason dials again within a minute.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>One that dials every second, which most do, is told of no more often.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    /// <summary>Anybody may dial the port.</summary>
    private const int Most = 20;

    private readonly Lock _lock = new();
    private readonly List<(string Who, Refusal Refusal, long At, long ToldAt)> _refusals = [];

    /// <summary>Takes note of it; false: the log has it already, not long ago.</summary>
    public bool Note(string who, Refusal refusal)
    {
        if (!IsForOperators(refusal))
            return true;
        // The port that somebody dials from is another one each time.
        who = WithoutPort(who);
        incidents?.Invoke(IncidentOf(who, refusal));
        long now = time.GetTimestamp();
        lock (_lock)
        {
            int at = _refusals.FindIndex(one => one.Who == who);
            bool isTold = at >= 0 && _refusals[at].Refusal == refusal
                && time.GetElapsedTime(_refusals[at].ToldAt, now) < Silence;
            long toldAt = isTold ? _refusals[at].ToldAt : now;
            if (at >= 0 || _refusals.Count == Most)
                _refusals.RemoveAt(Math.Max(at, 0));
            _refusals.Add((who, refusal, now, toldAt));
            return !isTold;
        }
    }

    /// <summary>Those of the last minutes, a sentence each.</summary>
    public ImmutableArray<string> Recent()
    {
        lock (_lock)
        {
            _refusals.RemoveAll(one => time.GetElapsedTime(one.At) > Kept);
            return [.. _refusals.Select(static one => $"no link with {one.Who}: {one.Refusal.Sentence}")];
        }
    }

    private static Incident IncidentOf(string who, Refusal refusal) => new(
        refusal.Code is RefusalCode.WentBack or RefusalCode.WrongGeneration or RefusalCode.Forgotten
            or RefusalCode.SameIdentity
            ? IncidentKind.RefusedDirectory
            : IncidentKind.RefusedNode,
        who, $"no link with {who}: {refusal.Sentence}");

    private static bool IsForOperators(Refusal refusal) => refusal.Code is RefusalCode.WrongCookie
        or RefusalCode.NoCommonVersion or RefusalCode.WrongCluster or RefusalCode.WrongGeneration or RefusalCode.Tls
        or RefusalCode.SameName or RefusalCode.SameIdentity or RefusalCode.Forgotten or RefusalCode.WentBack;

    private static string WithoutPort(string who)
    {
        int colon = who.LastIndexOf(':');
        return colon > 0 && who.AsSpan(colon + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? who[..colon] : who;
    }
}
