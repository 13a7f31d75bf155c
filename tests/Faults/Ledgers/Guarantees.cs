namespace Warren.Faults.Ledgers;

/// <summary>
/// What a broker promises beyond AMQP about a process that is killed. Warren promises all of it; RabbitMQ 3.10 keeps
/// some of it in memory for a while.
/// </summary>
/// <param name="MarksRedelivered">What was delivered, before the kill or after it, has redelivered set.</param>
/// <param name="KeepsDeadLetters">
/// A rejected message is in its queue or in the dead-letter queue, whenever the kill comes.
/// </param>
/// <param name="ReturnsInOrder">
/// What a quorum queue had handed out before the kill is delivered in its order afterwards.
/// </param>
public sealed record Guarantees(
    bool MarksRedelivered = true, bool KeepsDeadLetters = true, bool ReturnsInOrder = true)
{
    /// <summary>
    /// RabbitMQ 3.10 writes none of the former two before they take effect in a classic queue, and forgets the mark of
    /// what is requeued to the disk in a queue with priorities; what a dead consumer of a quorum queue held comes back
    /// in an order of its own.
    /// </summary>
    public static readonly Guarantees OfRabbit = new(false, false, false);
}
