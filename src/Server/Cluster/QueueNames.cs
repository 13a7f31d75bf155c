using System.Collections.Immutable;
using Warren.Broker.Queues;

namespace Warren.Server.Cluster;

/// <summary>Names durable queues in a sentence for an operator, who may have very many.</summary>
internal static class QueueNames
{
    private const int Most = 5;

    /// <summary>Such as <c>the durable queues 'a', 'b' in vhost 'v'</c>; five at most by name.</summary>
    public static string Describe(ImmutableArray<QueueDefinition> queues)
    {
        IEnumerable<string> names = queues.Take(Most).Select(queue =>
            queue.Vhost == "/" ? $"'{queue.Name}'" : $"'{queue.Name}' in vhost '{queue.Vhost}'");
        string more = queues.Length > Most ? $" and {queues.Length - Most} more" : "";
        return $"the durable queue{(queues.Length == 1 ? "" : "s")} {string.Join(", ", names)}{more}";
    }
}
