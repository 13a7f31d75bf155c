namespace Warren.Server.Control;

/// <summary>
/// Which queues are to be led by other nodes, so that nodes lead about as many each. Each move makes the two nodes that
/// it is between more even; when none does any more, it is the end. No more moves than are needed. Pure.
/// </summary>
internal static class LeaderPlan
{
    /// <param name="queues">What there is, those that must stay too: they count.</param>
    public static IReadOnlyList<LeaderMove> Make(IReadOnlyCollection<LedQueue> queues)
    {
        var counts = queues.SelectMany(queue => queue.Others.Prepend(queue.Leader)).Distinct()
            .ToDictionary(node => node, _ => 0);
        foreach (LedQueue queue in queues)
            counts[queue.Leader]++;
        var movable = queues.Where(queue => !queue.Others.IsEmpty).GroupBy(queue => queue.Leader)
            .ToDictionary(some => some.Key, some => some.ToList());
        var moves = new List<LeaderMove>();
        while (Next(movable, counts) is { } move)
        {
            moves.Add(move);
            counts[move.From]--;
            counts[move.To]++;
            // Moved once, it stays.
            movable[move.From].RemoveAll(queue => queue.Queue == move.Queue);
        }
        return moves;
    }

    private static LeaderMove? Next(Dictionary<string, List<LedQueue>> movable, Dictionary<string, int> counts)
    {
        foreach ((string from, List<LedQueue> queues) in movable
            .OrderByDescending(some => counts[some.Key]).ThenBy(some => some.Key, StringComparer.Ordinal))
        {
            LeaderMove? best = null;
            foreach (LedQueue queue in queues)
            {
                string to = queue.Others.MinBy(node => counts[node])!;
                if (counts[to] + 1 < counts[from] && (best is null || counts[to] < counts[best.To]))
                    best = new LeaderMove(queue.Queue, from, to);
            }
            if (best is not null)
                return best;
        }
        return null;
    }
}
