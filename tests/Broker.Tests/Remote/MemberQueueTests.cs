using Warren.Amqp;
using Warren.Broker.Definitions;
using Warren.Broker.Definitions.Entries;
using Warren.Broker.Tests.Definitions;
using Warren.Broker.Tests.Durability;
using Warren.Cluster.Consensus;
using Warren.Storage.Disk;
using Warren.Wire;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>Every queue of a cluster lives on a member, whatever its directory is from.</summary>
public sealed class MemberQueueTests
{
    /// <summary>
    /// A node that knew of no others, had no identity and noted no homes, becomes the first of several: it leads its
    /// definitions again, and what it has is used from the others.
    /// </summary>
    [Fact]
    public async Task What_was_declared_by_a_node_alone_lives_there_when_others_join()
    {
        FaultyDisk disk;
        await using (var alone = new DurableNode())
        {
            DurableClient client = await alone.ConnectAsync();
            await client.DeclareAsync("old");
            await client.PublishAsync("old", "kept");
            await client.PassAsync("old");
            alone.Commit();
            disk = alone.Disk.PeekCrash(new Random(1), CrashMode.LoseAll);
        }
        await using var cluster = new TestCluster(nodes: 2, first: disk);
        await cluster.LinksAreUp();
        await cluster.IsKnown("old");
        Assert.Equal(TestCluster.IdOf(0), TestCluster.Find(cluster.Nodes[0], "old")!.HomeNode);
        Assert.Equal(TestCluster.IdOf(0), cluster.StandIn(1, "old").HomeNode);
        WireClient other = await cluster.ConnectAsync(1);
        await other.CallAsync(1, new BasicGet("old", noAck: true), MethodId.BasicGetOk);
        // Nothing has been compacted since it took its former self's place: what it decides alone is decided.
        await cluster.DeclareAsync(0, "later", durable: true);
        WireClient owner = await cluster.ConnectAsync(0);
        await owner.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        owner.AddPublish(1, "", "later", "kept"u8, new BasicProperties { DeliveryMode = 2 }.ToArray());
        await owner.FlushAsync();
        await owner.ExpectAsync(MethodId.BasicAck);
        // Its entries still name no home: a start finds it again.
        await cluster.RestartAsync(0);
        await cluster.Holds(0, "later", ready: 1, unacked: 0);
        Assert.Equal(TestCluster.IdOf(0), TestCluster.Find(cluster.Nodes[0], "old")!.HomeNode);
        Assert.Equal(TestCluster.IdOf(0), cluster.StandIn(1, "old").HomeNode);
    }

    /// <summary>It was declared when the member was gone, and its removal had been decided on.</summary>
    [Fact]
    public async Task A_queue_goes_with_the_member_that_it_lives_on()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.DeclareAsync(2, "on the third", durable: true);
        await cluster.DeclareAsync(1, "on the second", durable: true);
        await cluster.KillAsync(2);
        cluster.Nodes.RemoveAt(2);
        ChangeOutcome outcome = ChangeOutcome.TooEarly;
        await Eventually.True(() =>
        {
            outcome = cluster.Nodes[0].Broker.Cluster.RemoveAsync(TestCluster.IdOf(2)).GetAwaiter().GetResult();
            return outcome is ChangeOutcome.Proposed or ChangeOutcome.AlreadySo;
        });
        await cluster.IsGone("on the third");
        Assert.All(cluster.Nodes, node => Assert.DoesNotContain(TestCluster.IdOf(2), node.Broker.Nodes.Members.Keys));
        await cluster.IsKnown("on the second");
    }

    [Fact]
    public void A_queue_is_not_made_on_a_node_that_is_no_member()
    {
        using var node = new DefinitionsNode(new FaultyDisk());
        node.Run();
        var draft = new DefinitionsDraft(node.Broker, 5000);
        QueueEntry entry = Samples.Queue() with { Vhost = "/", HomeNode = Samples.Node(1), OfMember = true };
        Assert.True(entry.Conflicts(draft));
        draft.Add(new MemberEntry(Samples.Node(1), "rabbit@host1", ""));
        Assert.False(entry.Conflicts(draft));
        draft.RemoveMember(Samples.Node(1), withQueues: true);
        Assert.True(entry.Conflicts(draft));
    }

    [Fact]
    public async Task A_node_that_is_about_to_leave_gets_no_queue_and_one_with_a_durable_queue_does_not_leave()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 3);
        await cluster.DeclareAsync(2, "on the third", durable: true);
        await cluster.IsKnown("on the third");
        Assert.False(await cluster.Nodes[0].Broker.Cluster.WithdrawAsync(TestCluster.IdOf(2)));
        Assert.Contains(TestCluster.IdOf(2), cluster.Nodes[0].Broker.Nodes.Members.Keys);
        Assert.True(await cluster.Nodes[0].Broker.Cluster.WithdrawAsync(TestCluster.IdOf(1)));
        Assert.DoesNotContain(TestCluster.IdOf(1), cluster.Nodes[0].Broker.Nodes.Members.Keys);
        Assert.Contains(TestCluster.IdOf(1), cluster.Nodes[0].Broker.Nodes.Sessions.Keys);
        Assert.Equal(
            [TestCluster.IdOf(0), TestCluster.IdOf(2)], cluster.Nodes[0].Broker.QueueLinks!.Members.Order());
    }

    /// <summary>Its declaration was decided on before the removal, by another node.</summary>
    [Fact]
    public void A_member_with_a_durable_queue_stays_if_it_is_to_go_unused()
    {
        using var node = new DefinitionsNode(new FaultyDisk());
        node.Run();
        var draft = new DefinitionsDraft(node.Broker, 5000);
        draft.Add(new MemberEntry(Samples.Node(1), "rabbit@host1", ""));
        var leave = new RemovalEntry(DefinitionKey.OfMember(Samples.Node(1))) { IfUnused = true, WithQueues = true };
        Assert.Equal(EntryFormat.WithMembers, leave.FormatVersion);
        Assert.False(leave.Conflicts(draft));
        draft.Add(Samples.Queue() with { Vhost = "/", HomeNode = Samples.Node(1), OfMember = true, Durable = true });
        Assert.True(leave.Conflicts(draft));
    }

    [Fact]
    public async Task Who_was_forgotten_is_known_after_a_restart_and_the_last_ones_of_very_many()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(nodes: 2);
        DateTimeOffset begun = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        for (int number = 0; number < 70; number++)
        {
            await cluster.Nodes[0].Broker.Cluster.NoteForgottenAsync(
                Samples.Node(100 + number), $"rabbit@old{number}", "rabbit@n0", begun.AddSeconds(number));
        }
        await cluster.RestartAsync(0);
        foreach (ClusterNode node in cluster.Nodes)
        {
            Assert.Null(node.Broker.Cluster.FindForgotten(Samples.Node(105)));
            Assert.Equal("rabbit@old6", node.Broker.Cluster.FindForgotten(Samples.Node(106))!.Name);
            Assert.Equal(begun.AddSeconds(69), node.Broker.Cluster.FindForgotten(Samples.Node(169))!.At);
        }
    }
}
