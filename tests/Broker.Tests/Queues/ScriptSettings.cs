using Warren.Broker.Queues;
using Xunit;

namespace Warren.Broker.Tests.Queues;

/// <summary>The settings of a script's queue or policy line.</summary>
internal static class ScriptSettings
{
    public static QueueSettings Of(ScriptLine line)
    {
        var settings = new QueueSettings
        {
            CountsDeliveries = line.Flag("quorum"),
            MessageTtlMs = line.Number("ttl"),
            ExpiresMs = line.Number("expires"),
            MaxLength = line.Number("max-length"),
            MaxLengthBytes = line.Number("max-bytes"),
            Overflow = line.Option("overflow") switch
            {
                null or "drop-head" => Overflow.DropHead,
                "reject-publish" => Overflow.RejectPublish,
                "reject-publish-dlx" => Overflow.RejectPublishDeadLetter,
                string other => throw new InvalidOperationException($"No overflow is called '{other}'."),
            },
            MaxPriority = (byte)(line.Number("max-priority") ?? 0),
            SingleActiveConsumer = line.Flag("single-active"),
            DeliveryLimit = (int?)line.Number("delivery-limit"),
            ConsumerTimeoutMs = line.Number("timeout"),
            ConsumerTimeoutClosesChannel = line.Flag("timeout-closes-channel"),
            AutoDelete = line.Flag("auto-delete"),
            DeadLetterExchange = line.Flag("dlx") ? "dlx" : null,
        };
        Assert.Empty(line.Words);
        return settings;
    }
}
