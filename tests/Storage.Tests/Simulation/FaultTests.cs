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

    [Fact]
    public void Damage_costs_what_it_touches_and_is_told()
    {
        for (int seed = 0; seed < SimulationShare.DamageSeeds; seed++)
            DamageSimulation.Run(seed);
    }
}
