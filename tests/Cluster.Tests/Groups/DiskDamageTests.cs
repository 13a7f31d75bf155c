using Warren.Cluster.Consensus;
using Warren.Cluster.Tests.Consensus;
using Warren.Cluster.Tests.Consensus.Simulation;
using Warren.Storage;
using Warren.Storage.Inspection;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

public sealed class DiskDamageTests
{
    /// <summary>What reclaim has copied lies behind the end of the log, by name.</summary>
    [Fact]
    public void The_end_of_the_log_is_spared()
    {
        var random = new Random(1);
        var node = new GroupNode(
            ScriptedCluster.Id(1),
            new RaftOptions(),
            new NodeLogOptions
            {
                SegmentBytes = 8192,
                CheckpointSpacingBytes = 2048,
                CheckpointSpacingFactor = 0,
                ReclaimSlackSegments = 0,
                SpareSegments = 0,
                ReserveBytes = 0,
            },
            new SimulatedNetwork(random),
            new KeyTruth(),
            random)
        {
            Founders = new Membership([new Member(ScriptedCluster.Id(1), IsVoter: true)]),
        };
        node.Start(0);
        int behind = 0;
        for (int step = 0; step < 3000; step++)
        {
            int before = node.Disk.List("log").Count;
            if (step % 20 == 0)
            {
                node.ProposeSet((byte)random.Next(10));
                node.Commit();
                node.Compact(step);
            }
            node.Work(step, isQuick: true);
            List<string> names = [.. node.Disk.List("log").Order()];
            if (names.Count <= before)
                continue;
            string end = StorageInspection.Read(node.Disk).Segments
                .Where(static segment => segment.Kind == "log").Max(static segment => segment.File)!;
            Assert.DoesNotContain(end, DiskDamage.Segments(node.Disk));
            behind = Math.Max(behind, names.Count - 1 - names.FindIndex(name => $"log/{name}" == end));
        }
        Assert.True(behind > 1, "nothing much was copied behind the end of the log");
    }
}
