using Warren.Storage;

namespace Warren.Broker.Queues.Replicated;

/// <summary>What a queue that served alone leaves to the member that takes it over.</summary>
/// <param name="Group">Of the node log; written by nobody else any more.</param>
/// <param name="LastIndex">The last index that was given.</param>
/// <param name="Released">Entries that go as soon as consensus has begun, ranges by rising index.</param>
/// <param name="Messages">What is live, by rising index.</param>
/// <param name="Returns">Of these, by rising index.</param>
internal sealed record Inheritance(
    LogGroup Group, long LastIndex, IReadOnlyList<IndexRange> Released, IReadOnlyList<ReplicaMessage> Messages,
    IReadOnlyList<KeptReturn> Returns);
