namespace Warren.Load;

/// <summary>Where the counters stood at one moment; two of them make a measurement.</summary>
internal readonly record struct Snapshot(
    long At, long Published, long Consumed, double BrokerSeconds, double OwnSeconds, long WrittenBytes);
