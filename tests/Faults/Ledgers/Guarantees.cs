namespace Warren.Faults.Ledgers;

/// <summary>
/// What a broker promises beyond AMQP about a process that is killed. Warren promises all of it; RabbitMQ 3.10 keeps
/// some of it in memory for a while.
/// </summary>
/// <param name="MarksRedelivered">What was delivered before the kill has redelivered set afterwards.</param>
/// <param name="KeepsDeadLetters">
/// A rejected message is in its queue or in the dead-letter queue, whenever the kill comes.
/// </param>
public sealed record Guarantees(bool MarksRedelivered = true, bool KeepsDeadLetters = true)
{
    /// <summary>Of RabbitMQ's classic queues: neither is written before it takes effect.</summary>
    public static readonly Guarantees OfRabbit = new(MarksRedelivered: false, KeepsDeadLetters: false);
}
