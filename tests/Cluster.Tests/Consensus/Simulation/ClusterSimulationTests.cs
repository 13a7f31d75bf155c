using Warren.Cluster.Consensus;
using Xunit;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>A group under faults, and the proof that the simulation would see a mistake.</summary>
public sealed class ClusterSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_what_was_committed_stays()
    {
        SimulationReport total = default;
        for (int seed = 0; seed < SimulationShare.Seeds; seed++)
            total += ClusterSimulation.Run(seed);
        output.WriteLine($"seeds 0 to {SimulationShare.Seeds - 1}: {total}");
        for (int seed = 0; seed < SimulationShare.Walks; seed++)
            RandomWalk.Run(seed);
        Assert.True(total.Committed > 20 * SimulationShare.Seeds, $"{total}");
        Assert.True(total.Barriers > SimulationShare.Seeds, $"{total}");
        Assert.True(total.Snapshots > SimulationShare.Seeds / 2, $"{total}");
    }

    [Theory]
    [InlineData(nameof(PlantedBug.VoteNotSynced))]
    [InlineData(nameof(PlantedBug.CandidacyNotSynced))]
    [InlineData(nameof(PlantedBug.AcknowledgedBeforeSync))]
    [InlineData(nameof(PlantedBug.OwnCopyCountedBeforeSync))]
    [InlineData(nameof(PlantedBug.OldTermCommittedByCount))]
    [InlineData(nameof(PlantedBug.LearnerCounted))]
    [InlineData(nameof(PlantedBug.ChangeBeforeOwnCommit))]
    [InlineData(nameof(PlantedBug.TwoChangesAtOnce))]
    [InlineData(nameof(PlantedBug.LogNotCompared))]
    [InlineData(nameof(PlantedBug.VoteTermNotChecked))]
    [InlineData(nameof(PlantedBug.BarrierWithoutRound))]
    [InlineData(nameof(PlantedBug.BarrierBeforeOwnCommit))]
    [InlineData(nameof(PlantedBug.CommitBeyondMatch))]
    [InlineData(nameof(PlantedBug.ChunkNotChecked))]
    [InlineData(nameof(PlantedBug.UnsoundVotes))]
    [InlineData(nameof(PlantedBug.LossesNotCompared))]
    [InlineData(nameof(PlantedBug.SnapshotNotSynced))]
    [InlineData(nameof(PlantedBug.SnapshotResumed))]
    public void A_planted_bug_is_found(string name)
    {
        Planted.Bug = Enum.Parse<PlantedBug>(name);
        try
        {
            for (int seed = 0; seed < SimulationShare.PlantedBugSeeds; seed++)
            {
                try
                {
                    for (int walk = 0; walk < SimulationShare.WalksASeed; walk++)
                        RandomWalk.Run(seed * SimulationShare.WalksASeed + walk);
                    ClusterSimulation.Run(seed);
                }
                catch (SimulationException found)
                {
                    output.WriteLine(found.Message);
                    return;
                }
            }
        }
        finally
        {
            Planted.Bug = PlantedBug.None;
        }
        Assert.Fail($"{name} was not found");
    }
}
