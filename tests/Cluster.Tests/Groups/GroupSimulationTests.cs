using Warren.Cluster.Consensus;
using Warren.Cluster.Tests.Consensus.Simulation;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>Groups over node logs under faults, and the proof that the simulation would see a mistake.</summary>
public sealed class GroupSimulationTests(ITestOutputHelper output)
{
    /// <summary>With the other tests.</summary>
    private const int Seeds = 80;

    /// <summary>Each planted bug is found within so many.</summary>
    private const int PlantedBugSeeds = 3000;

    [Fact]
    public void Whatever_happens_what_was_committed_is_on_every_member()
    {
        GroupReport total = default;
        for (int seed = 0; seed < Seeds; seed++)
            total += GroupSimulation.Run(seed);
        output.WriteLine($"seeds 0 to {Seeds - 1}: {total}");
        Assert.True(total.Committed > 20 * Seeds, $"{total}");
        Assert.True(total.Crashes > 5 * Seeds, $"{total}");
        Assert.True(total.Snapshots > Seeds / 2, $"{total}");
        Assert.True(total.Healed > 0, $"{total}");
        Assert.True(total.Barriers > 10 * Seeds, $"{total}");
        Assert.True(total.Rested > 200 * Seeds, $"{total}");
    }

    /// <param name="name">The bug.</param>
    /// <param name="near">Where to begin to look, so that the rare ones do not take long.</param>
    [Theory]
    [InlineData(nameof(PlantedBug.MessageBeforeWrite), 0)]
    [InlineData(nameof(PlantedBug.LiveEntryReleased), 0)]
    [InlineData(nameof(PlantedBug.TruncationNotWritten), 0)]
    [InlineData(nameof(PlantedBug.OldEntriesDropped), 0)]
    [InlineData(nameof(PlantedBug.InstallNotNamed), 0)]
    [InlineData(nameof(PlantedBug.ReleasedBeforeState), 0)]
    [InlineData(nameof(PlantedBug.RestUnderOldLeader), 0)]
    [InlineData(nameof(PlantedBug.RestInSilence), 0)]
    [InlineData(nameof(PlantedBug.RestOfOldLeader), 160)]
    [InlineData(nameof(PlantedBug.RestGapTaken), 40)]
    [InlineData(nameof(PlantedBug.RestRefusalNotNamed), 0)]
    [InlineData(nameof(PlantedBug.RestNamesNotCounted), 1124)]
    [InlineData(nameof(PlantedBug.RestNamedNotLetGo), 1460)]
    [InlineData(nameof(PlantedBug.RestNotConfirmed), 0)]
    [InlineData(nameof(PlantedBug.RestRemovedSilently), 0)]
    [InlineData(nameof(PlantedBug.RestEpochRepeated), 0)]
    [InlineData(nameof(PlantedBug.SnapshotNotInterrupted), 0)]
    [InlineData(nameof(PlantedBug.StagedNotDropped), 0)]
    [InlineData(nameof(PlantedBug.GoneNotTold), 0)]
    public void A_planted_bug_is_found(string name, int near)
    {
        Planted.Bug = Enum.Parse<PlantedBug>(name);
        try
        {
            for (int seed = near; seed < near + PlantedBugSeeds; seed++)
            {
                try
                {
                    GroupSimulation.Run(seed);
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
