using Warren.Server.Configuration;
using Xunit;

namespace Warren.Server.Tests.Configuration;

public sealed class PartitionSectionTests
{
    [Theory]
    [InlineData("", PartitionHandling.Ignore)]
    [InlineData("cluster_partition_handling = ignore", PartitionHandling.Ignore)]
    [InlineData("cluster_partition_handling = autoheal", PartitionHandling.Autoheal)]
    [InlineData("cluster_partition_handling = pause_minority", PartitionHandling.PauseMinority)]
    public void Each_way_is_read(string text, PartitionHandling handling) =>
        Assert.Equal(handling, PartitionSection.Read(Read(text)).Handling);

    [Fact]
    public void Nodes_whose_absence_is_a_reason_are_named()
    {
        PartitionOptions options = PartitionSection.Read(Read(
            """
            cluster_partition_handling = pause_if_all_down
            cluster_partition_handling.pause_if_all_down.nodes.1 = rabbit@a
            cluster_partition_handling.pause_if_all_down.nodes.2 = rabbit@b
            """));
        Assert.Equal(PartitionHandling.PauseIfAllDown, options.Handling);
        Assert.Equal(["rabbit@a", "rabbit@b"], options.Nodes);
        ConfigurationException error = Assert.Throws<ConfigurationException>(
            () => PartitionSection.Read(Read("cluster_partition_handling = pause_if_all_down")));
        Assert.Contains("a node whose absence is a reason to pause", error.Message, StringComparison.Ordinal);
    }

    private static Settings Read(string text) =>
        Settings.From(ConfigurationParser.Parse("rabbitmq.conf", text, static _ => null), KeyTable.BuiltIn);
}
