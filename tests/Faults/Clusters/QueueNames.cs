using System.Collections.Concurrent;

namespace Warren.Faults.Clusters;

/// <summary>What became of each queue that somebody asked for, as far as answers told.</summary>
internal sealed class QueueNames
{
    private readonly ConcurrentDictionary<string, bool?> _queues = new();

    /// <summary>Declarations and deletions that were answered with ok.</summary>
    public int Answered => _answered;

    private int _answered;

    /// <summary>A change was asked for: from now on it may be there or not.</summary>
    public void Asked(string queue) => _queues[queue] = null;

    /// <summary>declare-ok.</summary>
    public void Declared(string queue)
    {
        _queues[queue] = true;
        Interlocked.Increment(ref _answered);
    }

    /// <summary>delete-ok.</summary>
    public void Deleted(string queue)
    {
        _queues[queue] = false;
        Interlocked.Increment(ref _answered);
    }

    /// <summary>Compares with what a node has; null: as it should be.</summary>
    public string? Judge(IReadOnlySet<string> present)
    {
        string[] missing = [.. _queues.Where(queue => queue.Value == true && !present.Contains(queue.Key))
            .Select(queue => queue.Key)];
        string[] back = [.. _queues.Where(queue => queue.Value == false && present.Contains(queue.Key))
            .Select(queue => queue.Key)];
        string[] strange = [.. present.Where(queue => !_queues.ContainsKey(queue))];
        if (missing.Length + back.Length + strange.Length == 0)
            return null;
        return $"declared with ok and missing: [{Few(missing)}]; deleted with ok and there: [{Few(back)}]; "
            + $"never asked for: [{Few(strange)}]";
    }

    private static string Few(string[] names) =>
        names.Length <= 5 ? string.Join(", ", names) : $"{string.Join(", ", names[..5])} and {names.Length - 5} more";
}
