using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>The node log under a crash at every operation of the disk.</summary>
public sealed class CrashEverywhereTests
{
    [Fact]
    public void The_power_may_fail_at_every_operation()
    {
        for (int seed = 0; seed < SimulationShare.CrashEverywhereSeeds; seed++)
            CrashEverywhere.Run(seed);
    }
}
