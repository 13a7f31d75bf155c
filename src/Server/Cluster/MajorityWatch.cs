using Warren.Broker;
using Warren.Cluster.Incidents;

namespace Warren.Server.Cluster;

/// <summary>
/// Says, in the log and in the record, that a node that has served reaches no majority any more, and when it does
/// again. What lasts for a moment only, as while a node is started again, is not worth a word. One thread at a time.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="log">The node's.</param>
/// <param name="incidents">The record.</param>
internal sealed class MajorityWatch(TimeProvider time, LogSink log, IncidentSink incidents)
{
    /// <summary>Longer than a link needs to be up again.</summary>
    private static readonly TimeSpan Notable = TimeSpan.FromSeconds(3);

    private bool _hasServed;
    private bool _isTold;
    private long? _lostAt;

    /// <summary>Looks; every second, or oftener.</summary>
    /// <param name="serves">The node has a session, and hears from a leader.</param>
    /// <param name="reaches">It and those that it reaches are a majority.</param>
    /// <param name="missing">Who is not reached.</param>
    public void Look(bool serves, bool reaches, Func<string> missing)
    {
        _hasServed |= serves && reaches;
        if (reaches)
        {
            _lostAt = null;
            if (_isTold && serves)
                Tell(IncidentKind.MajorityRegained, "a majority of the cluster's nodes is reached again", "");
            _isTold &= !serves;
            return;
        }
        _lostAt ??= time.GetTimestamp();
        if (!_hasServed || _isTold || time.GetElapsedTime(_lostAt.Value) < Notable)
            return;
        _isTold = true;
        Tell(
            IncidentKind.MajorityLost,
            $"too few of the cluster's nodes are reached for a majority, not {missing()}: definitions cannot be "
            + "changed, and replicated queues that have no majority of their members accept nothing",
            "start the others; if they are gone for good, see 'rabbitmqctl help force_boot'");
    }

    private void Tell(IncidentKind kind, string what, string advice)
    {
        log(LogLevel.Warning, LogCategory.Default, advice.Length == 0 ? what : $"{what}. {advice}");
        incidents(new Incident(kind, "majority", what, advice));
    }
}
