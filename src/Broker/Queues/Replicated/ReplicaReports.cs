using Warren.Cluster.Incidents;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What is wrong with this node's member of a replicated queue, for the log and for the record.</summary>
internal static class ReplicaReports
{
    /// <summary>Says it in the log, and keeps it.</summary>
    /// <param name="queue">Whose member.</param>
    /// <param name="kind">What it is about.</param>
    /// <param name="text">What has happened, without the queue's name and a full stop.</param>
    /// <param name="advice">What to do; empty: nothing.</param>
    public static void Note(ReplicatedQueue queue, IncidentKind kind, string text, string advice = "")
    {
        queue.Report(LogLevel.Error, advice.Length == 0 ? text : $"{text}. {advice}");
        Keep(queue, kind, text, advice);
    }

    /// <summary>Keeps what the log has already.</summary>
    public static void Keep(ReplicatedQueue queue, IncidentKind kind, string text, string advice = "") =>
        queue.Node.Note(new Incident(
            kind, QueueReports.SubjectOf(queue.Definition),
            $"replicated queue '{queue.Definition.Name}' in vhost '{queue.Definition.Vhost}': {text}", advice));
}
