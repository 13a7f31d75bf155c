namespace Warren.Broker.Queues.Replicated;

/// <summary>What a <see cref="Frontier"/> asks a queue.</summary>
internal interface INewMessages
{
    /// <summary>The position of the first message of a priority that has not come back; 0: there is none.</summary>
    long FirstNew(int priority);
}
