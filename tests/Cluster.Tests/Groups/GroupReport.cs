namespace Warren.Cluster.Tests.Groups;

/// <summary>What a simulation has seen.</summary>
internal readonly record struct GroupReport(
    long Steps, long Committed, long Crashes, long Snapshots, long Unsound, long Healed, long Barriers, long Rested)
{
    public static GroupReport operator +(GroupReport one, GroupReport other) => new(
        one.Steps + other.Steps, one.Committed + other.Committed, one.Crashes + other.Crashes,
        one.Snapshots + other.Snapshots, one.Unsound + other.Unsound, one.Healed + other.Healed,
        one.Barriers + other.Barriers, one.Rested + other.Rested);
}
