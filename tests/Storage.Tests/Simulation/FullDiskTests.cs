using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>The node log on a disk that is full.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public void A_full_disk_starts_and_is_drained()
    {
        for (int seed = 0; seed < SimulationShare.FullDiskSeeds; seed++)
            FullDiskSimulation.Run(seed);
    }
}
