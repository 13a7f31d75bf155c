using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>The node log at work, crashing and starting again.</summary>
public sealed class LogSimulationTests
{
    [Fact]
    public void What_was_durable_comes_back_and_nothing_else()
    {
        for (int seed = 0; seed < SimulationShare.Seeds; seed++)
            LogSimulation.Run(seed, SimulationShare.Lives);
    }

    /// <summary>The simulation is only worth what it finds.</summary>
    [Theory]
    [InlineData(nameof(PlantedBug.ConfirmBeforeSync))]
    [InlineData(nameof(PlantedBug.DirectoryNotSynced))]
    [InlineData(nameof(PlantedBug.ChecksumSkipped))]
    [InlineData(nameof(PlantedBug.OverrulingReclaimedEarly))]
    [InlineData(nameof(PlantedBug.SurvivorReadAsNewer))]
    [InlineData(nameof(PlantedBug.StaleRecordsAccepted))]
    [InlineData(nameof(PlantedBug.CheckpointBeforeRoster))]
    [InlineData(nameof(PlantedBug.TailNotSynced))]
    [InlineData(nameof(PlantedBug.MarkReclaimed))]
    public void A_planted_bug_is_found(string name)
    {
        Planted.Bug = Enum.Parse<PlantedBug>(name);
        try
        {
            for (int seed = 0; seed < SimulationShare.PlantedBugSeeds; seed++)
            {
                try
                {
                    LogSimulation.Run(seed, SimulationShare.Lives);
                }
                catch (SimulationException)
                {
                    TestContext.Current.TestOutputHelper?.WriteLine($"found with seed {seed}");
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
