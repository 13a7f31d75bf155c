using System.Collections.Immutable;
using Warren.Broker.Operations;

namespace Warren.Broker.Queues;

/// <summary>What the log of the node says of a queue.</summary>
internal static class QueueReports
{
    /// <summary>Messages could not be read again.</summary>
    public static void Lost(MessageBroker broker, QueueDefinition queue, int count) => broker.Log(
        LogLevel.Error, LogCategory.Queue,
        $"{count} messages of queue '{queue.Name}' in vhost '{queue.Vhost}' cannot be read from the node log and "
        + "are not delivered: their records are damaged and lost, or the disk refuses to read them, and then the "
        + "next start tries again. 'warren storage check' tells which, and what else is.");

    /// <summary>Answers who asks for consumers of a queue that is not led here.</summary>
    public static void NoConsumers(object listed) =>
        ((TaskCompletionSource<ImmutableArray<ConsumerStatus>>)listed).SetResult([]);

    /// <summary>A consumer has held messages for too long.</summary>
    public static void CancelledLate(MessageBroker broker, QueueDefinition queue, Consumer consumer) => broker.Log(
        LogLevel.Warning, LogCategory.Queue,
        $"Consumer '{consumer.Tag}' on queue '{queue.Name}' in vhost '{queue.Vhost}' "
        + "did not acknowledge in time: its messages were returned to the queue and it was cancelled");
}
