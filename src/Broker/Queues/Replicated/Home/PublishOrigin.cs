namespace Warren.Broker.Queues.Replicated;

/// <summary>
/// What a message is known by that comes from whoever keeps it, and may send it again when he does not know what became
/// of it: another node may do so, too. A replicated queue takes each number of a source once.
/// </summary>
/// <param name="Source">Who keeps it.</param>
/// <param name="Number">Rises with what he sends to a queue.</param>
internal readonly record struct PublishOrigin(PublishSource Source, long Number);
