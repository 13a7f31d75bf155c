using Xunit;
using Xunit.Sdk;

namespace Warren.Storage.Tests.Simulation;

/// <summary>The node log under crashes at any operation of the disk.</summary>
public sealed class LogSimulationTests
{
    [Fact]
    public void What_was_durable_comes_back_and_nothing_else()
    {
        for (int seed = 0; seed < 300; seed++)
            new LogSimulation(seed).Run(lives: 10);
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
    public void A_planted_bug_is_found(string name)
    {
        Planted.Bug = Enum.Parse<PlantedBug>(name);
        try
        {
            for (int seed = 0; seed < 3000; seed++)
            {
                try
                {
                    new LogSimulation(seed).Run(lives: 10);
                }
                catch (Exception error) when (error is TrueException or InvalidOperationException or IOException)
                {
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
