using System.Globalization;

namespace Warren.Compare;

/// <summary>
/// Durable queues with persistent messages: both brokers confirm after their sync. Consumers acknowledge every 100th
/// delivery and all before it.
/// </summary>
internal static class DurableScenarios
{
    private const string Durable = "--durable --persistent";
    private const string Acks = "--ack 100 --prefetch 1000";
    private const string OneToOne = $"run --size 1024 {Durable} --confirm 1000 {Acks}";

    // Both brokers compile the paths of publishing, paging and acknowledging before what is counted.
    private const string WarmUp = $"{OneToOne} --queue warm-{{i}} --messages 100000";

    internal static IEnumerable<Scenario> All(double scale) =>
    [
        new("durable", new Step("1 producer, 1 consumer, 1 KiB, 1,000 in flight", OneToOne)
        {
            Expected = [Expectation.RateAtLeast(4.5), Expectation.WrittenBelow(1.3)],
        }),
        new("durable-quorum", new Step("the same, quorum queue of one member", $"{OneToOne} --queue-type quorum")
        {
            Expected = [Expectation.RateAtLeast(3.5)],
        }),
        ConfirmOne(),
        Backlog(scale),
        new("durable-100",
            new Step("1 queue, 1 producer, 1 consumer, 1 KiB", OneToOne),
            new Step("100 queues, 100 p, 100 c, 100 in flight each",
                $"run --size 1024 {Durable} --producers 100 --consumers 100 --queues 100 --confirm 100 {Acks}")
            {
                Expected = [Expectation.ShareOf(0, 0.8)],
            }),
        new("fanout-durable", new Step("fan-out to 20 queues, 16 KiB, 100 in flight",
            $"run --size 16384 {Durable} --exchange bench --exchange-type fanout --queues 20 --consumers 20 " +
            "--confirm 100 --ack 10 --prefetch 100")
        {
            Shows = Measure.Written,
            Expected = [Expectation.WrittenBelow(1.3)],
        }),
        Depth(scale),
        Reclaim(scale),
    ];

    /// <summary>A number of messages or queues as a command wants it, after scaling.</summary>
    internal static int Scaled(int count, double scale) => Math.Max(1, (int)(count * scale));

    /// <summary>The same as a title says it.</summary>
    internal static string Counted(int count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>The command that publishes so many messages and leaves them waiting.</summary>
    internal static string Fill(int messages, int bodyBytes) =>
        $"run --size {bodyBytes} {Durable} --confirm 1000 --consumers 0 --messages {messages} --reuse --keep";

    // The disk is looked at on both sides of the broker's turn, since others use it too.
    private static Scenario ConfirmOne() => new("confirm-1",
        DiskFloor("before"),
        new Step("1 producer, 1 KiB, 1 in flight", $"run --size 1024 {Durable} --consumers 0 --confirm 1")
        {
            Shows = Measure.Durable,
            Expected = [Expectation.ConfirmAtMost(1.5)],
        },
        DiskFloor("after"));

    // 4 KiB is the least that a disk writes, and room for one message of 1 KiB.
    private static Step DiskFloor(string when) => new(
        $"the disk itself {when}: append 4 KiB, fdatasync", "floor --directory {data} --bytes 4096 --seconds {seconds}")
    {
        Shows = Measure.Durable,
    };

    private static Scenario Backlog(double scale)
    {
        int messages = Scaled(1_000_000, scale);
        return new("backlog",
            new Step($"fill with {Counted(messages)} x 1 KiB", WarmUp, Fill(messages, 1024))
            {
                Expected = [Expectation.RateAtLeast(4)],
            },
            new Step("drain it", $"run --size 1024 {Durable} --producers 0 --reuse {Acks}")
            {
                Expected = [Expectation.RateAtLeast(4), Expectation.MemoryAtMost(0.25)],
            });
    }

    private static Scenario Depth(double scale)
    {
        const int BodyBytes = 100;
        // As many in each step, so that each lasts as long as the others.
        int measured = Scaled(1_000_000, scale);
        int many = Scaled(10_000_000, scale);
        string fill = Fill(measured, BodyBytes);
        // The same work before, elsewhere: the first step is not to pay for compiling what the others find compiled.
        string warmUp = $"run --size {BodyBytes} {Durable} --confirm 1000 --consumers 0 --messages {measured}";
        return new("depth",
            new Step("publish 100 B to an empty queue", WarmUp, warmUp, warmUp, fill),
            new Step($"{Counted(measured)} waiting", fill),
            new Step($"{Counted(many)} waiting", Fill(many - (2 * measured), BodyBytes), fill)
            {
                WarrenOnly = true,
                Expected = [Expectation.SteadyWithin(0.85)],
            });
    }

    // 4 KiB so that 5 GB do not take all day; one more of them waits in a queue of its own from the beginning.
    private static Scenario Reclaim(double scale)
    {
        const int BodyBytes = 4096;
        int messages = Scaled(1_400_000, scale);
        string gigabytes = ((double)messages * BodyBytes / 1e9).ToString("0.0", CultureInfo.InvariantCulture);
        return new("reclaim",
            new Step($"one old message, {gigabytes} GB passing: most disk used",
                $"{Fill(1, BodyBytes)} --queue old-{{i}}",
                $"run --size {BodyBytes} {Durable} --confirm 1000 {Acks} --messages {messages} --directory {{data}}")
            {
                Shows = Measure.Disk,
                Expected = [Expectation.DiskExcessBelow(256)],
            },
            new Step("the old message is there; memory", "waiting --queue old-{i} --expect 1")
            {
                Shows = Measure.Memory,
            });
    }
}
