using Warren.Cluster;

namespace Warren.Broker.Operations;

/// <summary>
/// Which queues are to be led by other nodes, so that nodes lead about as many each. Each move makes the two nodes that
/// it is between more even; when none does any more, it is the end. No more moves than are needed. Pure.
/// </summary>
public static class LeaderPlan
{
    /// <param name="queues">What there is, those that must stay too: they count.</param>
    /// <param name="mostMoves">No more than the first so many moves.</param>
    /// <param name="tolerated">
    /// By so many more queues than another node a node may lead, and nothing is moved between them.
    /// </param>
    public static IReadOnlyList<LeaderMove> Make(
        IReadOnlyCollection<LedQueue> queues, int mostMoves = int.MaxValue, int tolerated = 1)
    {
        Dictionary<NodeId, int> counts = Count(queues);
        var movable = queues.Where(queue => !queue.Others.IsEmpty).GroupBy(queue => queue.Leader)
            .ToDictionary(some => some.Key, some => some.ToList());
        var moves = new List<LeaderMove>();
        while (moves.Count < mostMoves && Next(movable, counts, tolerated) is { } move)
        {
            moves.Add(move);
            counts[move.From]--;
            counts[move.To]++;
            // Moved once, it stays.
            movable[move.From].RemoveAll(queue => queue.Queue == move.Queue);
        }
        return moves;
    }

    /// <summary>How many queues each node leads, of those that lead some or could.</summary>
    public static Dictionary<NodeId, int> Count(IReadOnlyCollection<LedQueue> queues)
    {
        var counts = queues.SelectMany(queue => queue.Others.Prepend(queue.Leader)).Distinct()
            .ToDictionary(node => node, _ => 0);
        foreach (LedQueue queue in queues)
            counts[queue.Leader]++;
        return counts;
    }

    private static LeaderMove? Next(
        Dictionary<NodeId, List<LedQueue>> movable, Dictionary<NodeId, int> counts, int tolerated)
    {
        foreach ((NodeId from, List<LedQueue> queues) in movable
            .OrderByDescending(some => counts[some.Key]).ThenBy(some => some.Key))
        {
            LeaderMove? best = null;
            foreach (LedQueue queue in queues)
            {
                NodeId to = queue.Others.MinBy(node => counts[node]);
                if (counts[to] + tolerated < counts[from] && (best is null || counts[to] < counts[best.To]))
                    best = new LeaderMove(queue.Queue, from, to);
            }
            if (best is not null)
                return best;
        }
        return null;
    }
}
