using System.Collections.Immutable;
using Warren.Broker.Queues;
using Warren.Broker.Queues.Remote;
using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>
/// Which queues of this node would be out of reach without it: nobody else has a copy, or of the members that vote too
/// few would be left that are reached, count and have all. One that is being brought a fresh copy is none, whatever its
/// links: only the leader knows, so that it is asked. Any thread.
/// </summary>
/// <param name="broker">This node's.</param>
public readonly struct CriticalQueues(MessageBroker broker)
{
    /// <summary>How long other nodes may take to answer; what they have not told counts as if nobody had it.</summary>
    private static readonly TimeSpan CountsPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>Those of the wanted ones, by vhost and name.</summary>
    /// <param name="isWanted">Which are asked about.</param>
    /// <param name="patience">
    /// It is looked again for so long: a leader that has just been elected does not know yet how the others stand.
    /// </param>
    public async Task<ImmutableArray<QueueDefinition>> FindAsync(
        Func<QueueDefinition, bool> isWanted, TimeSpan patience)
    {
        MessageBroker asked = broker;
        long untilMs = asked.NowMs + (long)patience.TotalMilliseconds;
        while (true)
        {
            long sinceMs = asked.NowMs;
            await asked.Operations.RefreshCountsAsync(CountsPatience).ConfigureAwait(false);
            ImmutableArray<QueueDefinition> found =
            [
                .. asked.QueuesAndStores()
                    .Where(isWanted)
                    .Where(queue => IsCritical(asked, queue, queue.Home.InStepSince(sinceMs)))
                    .OrderBy(static queue => queue.Vhost, StringComparer.Ordinal)
                    .ThenBy(static queue => queue.Name, StringComparer.Ordinal),
            ];
            // Where too few are reached nothing comes of waiting.
            if (asked.NowMs >= untilMs || found.All(queue => IsCritical(asked, queue, inStep: null)))
                return found;
            await Task.Delay(LookEvery, asked.Time).ConfigureAwait(false);
        }
    }

    // By links alone, if it is not known who is in step.
    private static bool IsCritical(MessageBroker broker, QueueDefinition queue, ImmutableArray<NodeId>? inStep)
    {
        if (!queue.IsReplicated || broker.QueueLinks is not { } links)
            return queue.IsHere;
        ImmutableArray<NodeId> voters = broker.Members.MembersOf(queue) is { } members
            ? [.. members.Where(static member => member.IsVoter).Select(static member => member.Id)]
            : queue.Members;
        int left = voters.Count(node =>
            node != links.Self && links.Peers.IsUp(node) && inStep?.Contains(node) != false);
        return voters.Contains(links.Self) && left <= voters.Length / 2;
    }
}
