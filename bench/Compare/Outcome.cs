namespace Warren.Compare;

/// <summary>What both brokers have shown in a scenario, looked at from one of its steps.</summary>
internal readonly record struct Outcome(Result Warren, Result? Other, int Step)
{
    /// <summary>Warren's value as a ratio to the other's; null when one of them has none.</summary>
    internal double? RatioOf(Func<Reading, double?> value) => Warren.RatioTo(Other, value, Step);
}
