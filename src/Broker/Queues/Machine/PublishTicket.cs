namespace Warren.Broker.Queues;

/// <summary>
/// What a publish is answered with. Opaque to the queue: <see cref="QueueEffectKind.Confirm"/> or
/// <see cref="QueueEffectKind.Reject"/> hands it back once. The default value wants no answer.
/// </summary>
public readonly struct PublishTicket(object? publisher, ulong sequence, object? group = null)
{
    /// <summary>Somebody wants an answer.</summary>
    public bool IsAwaited => Publisher is not null || Group is not null;

    /// <summary>Who waits for the answer; null: nobody, or the group's own.</summary>
    public object? Publisher { get; } = publisher;

    /// <summary>The publisher's number of the message.</summary>
    public ulong Sequence { get; } = sequence;

    /// <summary>
    /// What binds the answers of several queues to one message; null when it went to one queue only.
    /// </summary>
    public object? Group { get; } = group;
}
