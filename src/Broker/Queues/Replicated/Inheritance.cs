using Warren.Cluster;
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
    IReadOnlyList<ReturnEntry> Returns)
{
    /// <summary>The rules in force.</summary>
    public required QueueSettings Settings { get; init; }

    /// <summary>
    /// The positions that clients know, where messages that they hold have other ones now. A node whose line was lost
    /// goes on to use them.
    /// </summary>
    public required IReadOnlyDictionary<long, long> Renamed { get; init; }

    /// <summary>Nodes whose clients hold something, or may: the first leader waits for their word.</summary>
    public required IReadOnlyList<NodeId> Nodes { get; init; }

    /// <summary>Who has the queue to himself, as the first leader will know him.</summary>
    public required LoggedHolder Holder { get; init; }

    /// <summary>Settlements by position, with the positions of now in the places of those that clients know.</summary>
    public static QueueCommand[] NowNamed(
        ReadOnlySpan<QueueCommand> commands, IReadOnlyDictionary<long, long> renamed)
    {
        QueueCommand[] named = commands.ToArray();
        foreach (ref QueueCommand command in named.AsSpan())
        {
            if (command.Kind >= QueueCommandKind.SettleAt && renamed.TryGetValue(command.First, out long position))
                command = command.At(position);
        }
        return named;
    }
}
