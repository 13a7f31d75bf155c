using Xunit;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>Whole brokers under faults, a share of what <c>./build.sh simulate nodes</c> runs.</summary>
public sealed class NodesSimulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Whatever_happens_what_clients_are_told_is_true()
    {
        NodesReport total = default;
        for (int seed = 0; seed < NodesShare.Seeds; seed++)
            total += NodesSimulation.Run(seed);
        output.WriteLine($"seeds 0 to {NodesShare.Seeds - 1}: {total}");
        Assert.True(total.Answered > 50 * NodesShare.Seeds, $"{total}");
        Assert.True(total.Confirmed > 100 * NodesShare.Seeds, $"{total}");
        Assert.True(total.Settled > 50 * NodesShare.Seeds, $"{total}");
        Assert.True(total.Owned > 2 * NodesShare.Seeds, $"{total}");
        Assert.True(total.Bereft > 0, $"{total}");
        Assert.True(total.Crashes > NodesShare.Seeds, $"{total}");
    }

    [Fact]
    public void One_consumer_at_a_time_is_active_and_transient_messages_are_kept_where_others_are()
    {
        NodesReport total = default;
        for (int seed = NodesShare.FirstWideSeed; seed < NodesShare.FirstWideSeed + NodesShare.WideSeeds; seed++)
            total += NodesSimulation.Run(seed, replicates: seed % 2 == 1, mirrors: seed % 4 >= 2, isWide: true);
        output.WriteLine(
            $"seeds {NodesShare.FirstWideSeed} to {NodesShare.FirstWideSeed + NodesShare.WideSeeds - 1}: {total}");
        Assert.True(total.HandOvers > 5 * NodesShare.WideSeeds, $"{total}");
        Assert.True(total.Gone > 0, $"{total}");
    }

    [Fact]
    public void A_seed_does_the_same_each_time() =>
        Assert.Equal(NodesSimulation.Run(NodesShare.RepeatedSeed), NodesSimulation.Run(NodesShare.RepeatedSeed));
}
