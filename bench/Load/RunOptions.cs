using System.Globalization;

namespace Warren.Load;

/// <summary>What a run publishes and consumes. usage.txt explains each option.</summary>
internal sealed record RunOptions
{
    // For runs that end when so many messages have passed; only a broker that hangs takes longer.
    private const double LongestCountedSeconds = 3600;

    internal required BrokerAddress Address { get; init; }

    internal required string ProcessIds { get; init; }

    /// <summary>Where the producers go.</summary>
    internal required BrokerAddress ProducersAddress { get; init; }

    /// <summary>Where the consumers go.</summary>
    internal required BrokerAddress ConsumersAddress { get; init; }

    internal required int Producers { get; init; }

    internal required int Consumers { get; init; }

    internal required IReadOnlyList<string> Queues { get; init; }

    internal required string Exchange { get; init; }

    internal required string ExchangeType { get; init; }

    internal required IReadOnlyList<string> BindingKeys { get; init; }

    internal required IReadOnlyList<string> RoutingKeys { get; init; }

    internal required int BodyBytes { get; init; }

    internal required bool Durable { get; init; }

    internal required string QueueType { get; init; }

    internal required bool Persistent { get; init; }

    internal required bool Reuse { get; init; }

    internal required bool Keep { get; init; }

    internal required string Directory { get; init; }

    /// <summary>A directory on the disk whose writes count as the broker's; empty: the process's own count.</summary>
    internal required string Disk { get; init; }

    internal required int AckEvery { get; init; }

    internal required int Prefetch { get; init; }

    internal required int ConfirmWindow { get; init; }

    internal required double Rate { get; init; }

    internal required int Messages { get; init; }

    internal required double WarmUpSeconds { get; init; }

    internal required double Seconds { get; init; }

    internal required double DrainSeconds { get; init; }

    internal required bool Integrity { get; init; }

    internal required int Loops { get; init; }

    /// <summary>The run publishes nothing and ends when everything that waited has come.</summary>
    internal bool OnlyDrains => Producers == 0;

    internal bool OwnExchange => Exchange.Length > 0;

    /// <summary>How many queues get a copy of one message. Every binding key is bound to every queue.</summary>
    internal int Copies => OwnExchange ? Queues.Count : 1;

    /// <summary>What one producer publishes with: its own queue's name, or all routing keys in turn.</summary>
    internal IReadOnlyList<string> KeysOf(int producer) =>
        OwnExchange ? RoutingKeys : [Queues[producer % Queues.Count]];

    /// <summary>Whether a producer's messages are routed to a queue.</summary>
    internal bool Reaches(int producer, int queue) => OwnExchange || producer % Queues.Count == queue;

    internal static RunOptions From(Arguments arguments)
    {
        int messages = arguments.Whole("messages", 0);
        int producers = arguments.Whole("producers", 1);
        bool counted = messages > 0 || producers == 0;
        string exchange = arguments.Text("exchange", "");
        string uri = arguments.Text("uri", BrokerAddress.Default);
        var options = new RunOptions
        {
            Address = BrokerAddress.Parse(uri),
            ProducersAddress = BrokerAddress.Parse(arguments.Text("producers-uri", uri)),
            ConsumersAddress = BrokerAddress.Parse(arguments.Text("consumers-uri", uri)),
            ProcessIds = arguments.Text("pid", ""),
            Producers = producers,
            Consumers = arguments.Whole("consumers", 1),
            Queues = Numbered(arguments.Text("queue", "load-{i}"), arguments.Whole("queues", 1, 1)),
            Exchange = exchange,
            ExchangeType = arguments.Text("exchange-type", "direct"),
            BindingKeys = Numbered(arguments.Text("binding-key", "key"), arguments.Whole("bindings", 1, 1)),
            RoutingKeys = Numbered(arguments.Text("routing-key", "key"), arguments.Whole("routing-keys", 1, 1)),
            BodyBytes = arguments.Whole("size", 16, EncodedMessages.StampBytes),
            Durable = arguments.Flag("durable"),
            QueueType = arguments.Text("queue-type", ""),
            Persistent = arguments.Flag("persistent"),
            Reuse = arguments.Flag("reuse"),
            Keep = arguments.Flag("keep"),
            Directory = arguments.Text("directory", ""),
            Disk = arguments.Text("disk", ""),
            AckEvery = arguments.Whole("ack", 0),
            Prefetch = arguments.Whole("prefetch", 1000),
            ConfirmWindow = arguments.Whole("confirm", 0),
            Rate = arguments.Number("rate", 0),
            Messages = messages,
            WarmUpSeconds = arguments.Number("warm-up", counted ? 0 : 2),
            Seconds = arguments.Number("seconds", counted ? LongestCountedSeconds : 10),
            DrainSeconds = arguments.Number("drain", 60),
            Integrity = arguments.Flag("integrity"),
            Loops = arguments.Whole("loops", Math.Max(1, Environment.ProcessorCount / 2), 1),
        };
        arguments.RejectRest();
        options.Check();
        return options;
    }

    private void Check()
    {
        if (Producers == 0 && (!Reuse || Consumers == 0))
            throw new UsageException("without producers a run needs --reuse and consumers, who drain what waits");
        if (Integrity && Reuse)
            throw new UsageException("--integrity knows only its own run's messages, so --reuse cannot go with it");
        if (BodyBytes > EncodedMessages.LargestBodyBytes)
            throw new UsageException($"--size is at most {EncodedMessages.LargestBodyBytes}: one frame a body");
        if (AckEvery > 0 && Prefetch > 0 && AckEvery > Prefetch)
            throw new UsageException("--ack above --prefetch stops the deliveries for good");
    }

    /// <summary>Replaces {i} by 0, 1, 2 and so on.</summary>
    internal static IReadOnlyList<string> Numbered(string pattern, int count)
    {
        if (count > 1 && !pattern.Contains("{i}", StringComparison.Ordinal))
            throw new UsageException($"'{pattern}' is wanted {count} times and has no {{i}} to tell them apart");
        return [.. Enumerable.Range(0, count).Select(i =>
            pattern.Replace("{i}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))];
    }
}
