namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// What a seed went through, so that a run that does nothing does not pass for one that found nothing.
/// </summary>
internal readonly record struct SimulationReport(long Steps, long Committed, int Barriers, int Snapshots)
{
    public static SimulationReport operator +(SimulationReport one, SimulationReport other) => new(
        one.Steps + other.Steps, one.Committed + other.Committed, one.Barriers + other.Barriers,
        one.Snapshots + other.Snapshots);
}
