using Warren.Broker.Queues.Remote;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What a node's clients have in a queue that becomes a replicated one.</summary>
/// <param name="Consumers">In the order they came; of a stand-in with the numbers that they have.</param>
/// <param name="Held">What they, those that are no more, and gets hold.</param>
/// <param name="Former">
/// Of the stand-in that had them: what is not answered, and its numbers; null: there was none.
/// </param>
internal sealed record Adoption(
    IReadOnlyList<Consumer> Consumers, IReadOnlyList<HeldMessage> Held, RemoteClients? Former)
{
    /// <summary>Positions of which it is not known whether their acknowledgement has come.</summary>
    public IReadOnlyList<long> Acknowledged { get; init; } = [];

    /// <summary>Positions, from now on, of what was rejected and is still to be dead-lettered.</summary>
    public IReadOnlyList<long> Rejected { get; init; } = [];

    /// <summary>Of the lines of the stand-in before, which clients' deliveries name; null: there were none.</summary>
    public RemoteEpochs? Epochs { get; init; }
}
