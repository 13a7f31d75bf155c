using Warren.Broker.Queues;

namespace Warren.Broker.Policies;

/// <summary>Apply-to in words, and what it takes in.</summary>
public static class PolicyTargets
{
    public static bool TryParse(string word, out PolicyTarget target)
    {
        target = word switch
        {
            "queues" => PolicyTarget.Queues,
            "classic_queues" => PolicyTarget.ClassicQueues,
            "quorum_queues" => PolicyTarget.QuorumQueues,
            "streams" => PolicyTarget.Streams,
            "exchanges" => PolicyTarget.Exchanges,
            _ => PolicyTarget.All,
        };
        return word == NameOf(target);
    }

    public static string NameOf(PolicyTarget target) => target switch
    {
        PolicyTarget.Queues => "queues",
        PolicyTarget.ClassicQueues => "classic_queues",
        PolicyTarget.QuorumQueues => "quorum_queues",
        PolicyTarget.Streams => "streams",
        PolicyTarget.Exchanges => "exchanges",
        _ => "all",
    };

    public static bool TakesExchanges(this PolicyTarget target) =>
        target is PolicyTarget.All or PolicyTarget.Exchanges;

    public static bool Takes(this PolicyTarget target, QueueType type) => target switch
    {
        PolicyTarget.All or PolicyTarget.Queues => true,
        PolicyTarget.ClassicQueues => type == QueueType.Classic,
        PolicyTarget.QuorumQueues => type == QueueType.Quorum,
        PolicyTarget.Streams => type == QueueType.Stream,
        _ => false,
    };
}
