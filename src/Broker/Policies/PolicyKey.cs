using Warren.Amqp;
using Warren.Broker.Arguments;
using Warren.Broker.Queues;

namespace Warren.Broker.Policies;

/// <summary>One key of a policy's definition: what its value must be, who follows it, how it is merged.</summary>
internal sealed record PolicyKey
{
    private const QueueTypeSet ClassicOnly = QueueTypeSet.Classic;

    /// <summary>
    /// Those of RabbitMQ 3.13, its federation plugin's included, and of 4.x. The sets are those of the types'
    /// "unsupported policies" in 3.13.
    /// </summary>
    private static readonly Dictionary<string, PolicyKey> All = new PolicyKey[]
    {
        new("alternate-exchange", PolicyChecks.Text("alternate exchange name")),
        new("consumer-timeout", PolicyChecks.AtLeast(0, "consumer timeout")),
        new("dead-letter-exchange", PolicyChecks.Text("dead letter exchange name"), QueueTypeSet.NotStream),
        new("dead-letter-routing-key", PolicyChecks.Text("dead letter routing key"), QueueTypeSet.NotStream),
        new("dead-letter-strategy", PolicyChecks.OneOf("dead letter strategy", "at-most-once", "at-least-once"),
            QueueTypeSet.Quorum),
        new("message-ttl", PolicyChecks.AtLeast(0, "message TTL"), QueueTypeSet.NotStream)
        { OperatorMerge = PolicyMerge.Lower },
        new("expires", PolicyChecks.AtLeast(1, "queue expiry"), QueueTypeSet.NotStream)
        { OperatorMerge = PolicyMerge.Lower },
        new("max-length", PolicyChecks.AtLeast(0, "maximum length"), QueueTypeSet.NotStream)
        { OperatorMerge = PolicyMerge.Lower },
        new("max-length-bytes", PolicyChecks.AtLeast(0, "maximum length in bytes"))
        { OperatorMerge = PolicyMerge.Lower },
        new("max-in-memory-length", PolicyChecks.AtLeast(0, "maximum memory in bytes"), QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.Lower },
        new("max-in-memory-bytes", PolicyChecks.AtLeast(0, "maximum memory in bytes"), QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.Lower },
        new("queue-mode", PolicyChecks.OneOf("queue-mode value", "default", "lazy"), ClassicOnly),
        new("queue-version", PolicyChecks.Between(1, 2, "queue-version value"))
        { OperatorMerge = PolicyMerge.Operators },
        new("overflow",
            PolicyChecks.OneOf("overflow value", "drop-head", "reject-publish", "reject-publish-dlx"),
            QueueTypeSet.NotStream)
        { OperatorMerge = PolicyMerge.Operators },
        // Below 0 is no limit, as in 4.x; 3.13 knows no way to say so.
        new("delivery-limit", PolicyChecks.Whole("delivery limit"), QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.LowerLimit },
        new("queue-leader-locator",
            PolicyChecks.OneOf("queue leader locator value", "client-local", "balanced", "random", "least-leaders"),
            QueueTypeSet.Replicated),
        new("queue-master-locator", PolicyChecks.MasterLocator, ClassicOnly)
        { OperatorMerge = PolicyMerge.Operators },
        new("target-group-size", PolicyChecks.AtLeast(1, "qq target count value"), QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.Higher },
        new("ha-mode", null, ClassicOnly) { OperatorMerge = PolicyMerge.MirrorMode },
        new("ha-params", null, ClassicOnly) { OperatorMerge = PolicyMerge.MirrorParameters },
        new("ha-sync-mode", null, ClassicOnly) { OperatorMerge = PolicyMerge.Operators },
        new("ha-sync-batch-size", null),
        new("ha-promote-on-shutdown", null, ClassicOnly),
        new("ha-promote-on-failure", null, ClassicOnly),
        new("max-age", PolicyChecks.MaxAge, QueueTypeSet.Stream) { WaitsFor = Streams },
        new("stream-max-segment-size-bytes", PolicyChecks.Between(0, 3_000_000_000, "segment size"),
            QueueTypeSet.Stream)
        { WaitsFor = Streams },
        new("stream-filter-size-bytes", PolicyChecks.Between(16, 255, "filter size. Valid range is 16-255"))
        { WaitsFor = Streams },
        new("initial-cluster-size", PolicyChecks.AtLeast(0, "cluster size"), QueueTypeSet.Stream)
        { WaitsFor = Streams },
        new("federation-upstream", PolicyChecks.Binary) { WaitsFor = Federation },
        new("federation-upstream-pattern", PolicyChecks.Pattern) { WaitsFor = Federation },
        new("federation-upstream-set", PolicyChecks.Binary) { WaitsFor = Federation },
        new("consumer-disconnected-timeout", PolicyChecks.AtLeast(0, "consumer disconnected timeout"),
            QueueTypeSet.Quorum)
        { WaitsFor = Clustering },
        new("delayed-retry-type",
            PolicyChecks.OneOf(
                "delayed retry type. Must be one of: all, failed, returned, disabled",
                "all", "failed", "returned", "disabled"),
            QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.Operators, WaitsFor = DelayedRetry },
        new("delayed-retry-min",
            PolicyChecks.AtLeast(1, "delayed retry minimum delay. Must be a positive integer"), QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.Higher, WaitsFor = DelayedRetry },
        new("delayed-retry-max",
            PolicyChecks.AtLeast(1, "delayed retry maximum delay. Must be a positive integer"), QueueTypeSet.Quorum)
        { OperatorMerge = PolicyMerge.Lower, WaitsFor = DelayedRetry },
    }.ToDictionary(key => key.Name);

    private const string Clustering = "replication between nodes";
    private const string Streams = "streams";
    private const string Federation = "federation";
    private const string DelayedRetry = "delays before redelivery";

    private PolicyKey(string name, Func<FieldValue, string?>? check, QueueTypeSet types = QueueTypeSet.All)
    {
        Name = name;
        Check = check;
        Types = types;
    }

    public string Name { get; }

    /// <summary>
    /// What is wrong with a value, or null; no check: <see cref="MirrorChecks"/> sees all six together.
    /// </summary>
    public Func<FieldValue, string?>? Check { get; }

    /// <summary>A policy with this key is for queues of these types alone.</summary>
    public QueueTypeSet Types { get; }

    /// <summary>How the operator's value goes with a policy's; null: no operator policy has this key.</summary>
    public Func<FieldValue, FieldValue, FieldValue>? OperatorMerge { get; private init; }

    /// <summary>The part of Warren that will follow it and is not built yet; null: it is followed.</summary>
    public string? WaitsFor { get; private init; }

    public bool IsForOperators => OperatorMerge is not null;

    public static PolicyKey? Find(string name) => All.GetValueOrDefault(name);

    public static bool AllAreFor(QueueType type, FieldTable definition)
    {
        foreach ((string name, _) in definition.AsSpan())
        {
            if (Find(name) is { } key && (key.Types & QueueTypes.SetOf(type)) == 0)
                return false;
        }
        return true;
    }
}
