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

    /// <param name="name">The bug.</param>
    /// <param name="near">Where to begin to look, so that the rare ones do not take long.</param>
    [Theory]
    [InlineData(nameof(PlantedBug.VoteNotSynced), 200)]
    [InlineData(nameof(PlantedBug.CandidacyNotSynced), 70)]
    [InlineData(nameof(PlantedBug.AcknowledgedBeforeSync), 0)]
    [InlineData(nameof(PlantedBug.OwnCopyCountedBeforeSync), 0)]
    [InlineData(nameof(PlantedBug.OldTermCommittedByCount), 8160)]
    [InlineData(nameof(PlantedBug.LearnerCounted), 0)]
    [InlineData(nameof(PlantedBug.ChangeBeforeOwnCommit), 190)]
    [InlineData(nameof(PlantedBug.TwoChangesAtOnce), 15)]
    [InlineData(nameof(PlantedBug.LogNotCompared), 0)]
    [InlineData(nameof(PlantedBug.VoteTermNotChecked), 0)]
    [InlineData(nameof(PlantedBug.BarrierWithoutRound), 430)]
    [InlineData(nameof(PlantedBug.BarrierBeforeOwnCommit), 0)]
    [InlineData(nameof(PlantedBug.CommitBeyondMatch), 0)]
    [InlineData(nameof(PlantedBug.ChunkNotChecked), 0)]
    [InlineData(nameof(PlantedBug.UnsoundVotes), 0)]
    [InlineData(nameof(PlantedBug.LossesNotCompared), 980)]
    [InlineData(nameof(PlantedBug.SnapshotNotSynced), 0)]
    [InlineData(nameof(PlantedBug.SnapshotResumed), 50)]
    public void A_planted_bug_is_found(string name, int near)
    {
        Planted.Bug = Enum.Parse<PlantedBug>(name);
        try
        {
            for (int seed = near; seed < near + SimulationShare.PlantedBugSeeds; seed++)
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
