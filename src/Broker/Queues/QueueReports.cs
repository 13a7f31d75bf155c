using System.Collections.Immutable;
using Warren.Broker.Operations;
using Warren.Cluster.Incidents;

namespace Warren.Broker.Queues;

/// <summary>What the log of the node says of a queue.</summary>
internal static class QueueReports
{
    private const string Check = "'warren storage check' tells which, and what else is; look after the disk";

    /// <summary>Messages could not be read again.</summary>
    public static void Lost(MessageBroker broker, QueueDefinition queue, int count)
    {
        string whose = $"messages of queue '{queue.Name}' in vhost '{queue.Vhost}' cannot be read from the node log "
            + "and are not delivered: their records are damaged and lost, or the disk refuses to read them, and then "
            + "the next start tries again";
        broker.Log(
            LogLevel.Error, LogCategory.Queue,
            $"{count} {whose}. 'warren storage check' tells which, and what else is.");
        broker.Note(new Incident(IncidentKind.LostMessages, SubjectOf(queue), whose, Check) { Count = count });
    }

    /// <summary>Publishes were refused, since nobody could take them; the log hears of it with the record.</summary>
    public static void Refused(MessageBroker broker, QueueDefinition queue, int count) => broker.Note(
        new Incident(
            IncidentKind.LeaderLost, SubjectOf(queue),
            $"publishes to queue '{queue.Name}' in vhost '{queue.Vhost}' were refused: no node that leads it, or that "
            + "it lives on, was reached for too long",
            "publishers that wait for confirms have been told, and may publish again; 'rabbitmqctl cluster_status' "
            + "shows who is missing")
        {
            Count = count,
            IsLogged = false,
        });

    /// <summary>Delayed messages could not be read again.</summary>
    public static void LostDelayed(MessageBroker broker, int count) => broker.Note(
        new Incident(
            IncidentKind.LostMessages, "delayed messages",
            "delayed messages cannot be read from the node log and are not delivered", Check)
        {
            Count = count,
        });

    /// <summary>How incidents of a queue are told from those of others.</summary>
    public static string SubjectOf(QueueDefinition queue) => $"{queue.Vhost} {queue.Name}";

    /// <summary>Answers who asks for consumers of a queue that is not led here.</summary>
    public static void NoConsumers(object listed) =>
        ((TaskCompletionSource<ImmutableArray<ConsumerStatus>>)listed).SetResult([]);

    /// <summary>A consumer has held messages for too long.</summary>
    public static void CancelledLate(MessageBroker broker, QueueDefinition queue, Consumer consumer) => broker.Log(
        LogLevel.Warning, LogCategory.Queue,
        $"Consumer '{consumer.Tag}' on queue '{queue.Name}' in vhost '{queue.Vhost}' "
        + "did not acknowledge in time: its messages were returned to the queue and it was cancelled");
}
