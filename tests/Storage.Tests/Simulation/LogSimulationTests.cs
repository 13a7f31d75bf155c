using Warren.Storage.Disk;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>The node log under crashes at any operation of the disk.</summary>
public sealed class LogSimulationTests
{
    private const int Lives = 10;

    [Fact]
    public void What_was_durable_comes_back_and_nothing_else()
    {
        for (int seed = 0; seed < SimulationShare.Seeds; seed++)
            LogSimulation.Run(seed, Lives);
    }

    [Fact]
    public void The_power_may_fail_at_every_operation()
    {
        for (int seed = 0; seed < SimulationShare.CrashEverywhereSeeds; seed++)
            CrashEverywhere.Run(seed);
    }

    [Theory]
    [InlineData(DiskFailure.NoSpace)]
    [InlineData(DiskFailure.Other)]
    public void Every_operation_may_fail(DiskFailure failure)
    {
        for (int seed = 0; seed < SimulationShare.FailEverywhereSeeds; seed++)
            FailEverywhere.Run(seed, failure);
    }

    [Fact]
    public void Damage_costs_what_it_touches_and_is_told()
    {
        for (int seed = 0; seed < SimulationShare.DamageSeeds; seed++)
            DamageSimulation.Run(seed);
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
            for (int seed = 0; seed < SimulationShare.PlantedBugSeeds; seed++)
            {
                try
                {
                    LogSimulation.Run(seed, Lives);
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
