using Warren.Storage.Disk;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>The node log on a disk that refuses, and on one that has changed what it was given.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData(DiskFailure.NoSpace)]
    [InlineData(DiskFailure.Other)]
    public void Every_operation_may_fail(DiskFailure failure)
    {
        for (int seed = 0; seed < SimulationShare.FailEverywhereSeeds; seed++)
            FailEverywhere.Run(seed, failure);
    }

    /// <summary>
    /// A failed log went on to make a checkpoint, which relied on copies that no roster named: the next start missed an
    /// entry.
    /// </summary>
    [Theory]
    [InlineData(10444, DiskFailure.NoSpace)]
    public void What_long_runs_found_stays_mended(int seed, DiskFailure failure) => FailEverywhere.Run(seed, failure);

    [Fact]
    public void Damage_costs_what_it_touches_and_is_told()
    {
        for (int seed = 0; seed < SimulationShare.DamageSeeds; seed++)
            DamageSimulation.Run(seed);
    }

    /// <summary>The simulation is only worth what it finds.</summary>
    [Theory]
    [InlineData(nameof(PlantedBug.CheckpointBeforeMarks))]
    [InlineData(nameof(PlantedBug.MarkReclaimed))]
    [InlineData(nameof(PlantedBug.CutTakenForTorn))]
    public void A_planted_bug_is_found_by_damage(string name)
    {
        Planted.Bug = Enum.Parse<PlantedBug>(name);
        try
        {
            for (int seed = 0; seed < SimulationShare.PlantedBugSeeds; seed++)
            {
                try
                {
                    DamageSimulation.Run(seed);
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
