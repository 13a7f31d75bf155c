using Xunit;

namespace Warren.Cluster.Joining;

/// <summary>Blank nodes with one list, links that come and go, nodes that crash: at most one cluster.</summary>
public sealed class FoundingTests(ITestOutputHelper output)
{
    [Fact]
    public void The_lowest_of_three_founds()
    {
        FoundingLab lab = Listed(3);
        lab.LinkAll();
        lab.DeliverAll();
        Assert.Equal([new ClusterId(lab.Ids[0].Value)], lab.Founded);
    }

    [Fact]
    public void A_majority_is_enough()
    {
        FoundingLab lab = Listed(3);
        lab.Link(1, 2);
        lab.DeliverAll();
        Assert.Equal([new ClusterId(lab.Ids[1].Value)], lab.Founded);
    }

    [Fact]
    public void Less_than_a_majority_waits_and_says_for_whom()
    {
        FoundingLab lab = Listed(5);
        lab.Link(0, 4);
        lab.DeliverAll();
        Assert.Empty(lab.Founded);
        Assert.Equal(
            "waiting for a majority of the 5 nodes that were listed; 2 are there, not rabbit@n1, rabbit@n2, rabbit@n3",
            lab.Nodes[0]!.Waiting);
    }

    [Fact]
    public void One_that_is_listed_alone_founds_at_once()
    {
        var self = new NodeId(Guid.NewGuid());
        var founding = new Founding(self, Name(0), ClusterId.None);
        Assert.False(founding.MayFound);
        founding.SetListed([Name(0)]);
        Assert.True(founding.MayFound);
        Assert.Equal(new ClusterId(self.Value), founding.Promised);
    }

    [Fact]
    public void Other_lists_are_told()
    {
        var one = new Founding(new NodeId(Guid.NewGuid()), Name(0), ClusterId.None);
        var other = new Founding(new NodeId(Guid.NewGuid()), Name(1), ClusterId.None);
        one.SetListed([Name(0), Name(1)]);
        other.SetListed([Name(0), Name(1), Name(2)]);
        one.LinkUp(Name(1));
        other.LinkUp(Name(0));
        foreach ((NodeName _, FoundingMessage message) in other.TakeMessages())
            one.Receive(Name(1), message);
        Assert.False(one.MayFound);
        Assert.Equal(
            "rabbit@n1 was told of other nodes than rabbit@n0: give all of them the same list", one.Waiting);
    }

    [Fact]
    public void Nobody_founds_beside_a_listed_node_that_is_in_a_cluster()
    {
        FoundingLab lab = Listed(3);
        // Either who would found knows it, or who would promise.
        lab.MeetMember(1, 0);
        lab.Link(1, 2);
        lab.DeliverAll();
        Assert.Empty(lab.Founded);
        Assert.StartsWith("waiting to be let in by rabbit@n0, which is in the cluster ", lab.Nodes[1]!.Waiting);
        FoundingLab other = Listed(3);
        other.MeetMember(2, 0);
        other.Link(1, 2);
        other.DeliverAll();
        Assert.Empty(other.Founded);
        // It comes back as a blank node.
        other.Link(0, 2);
        other.DeliverAll();
        Assert.Single(other.Founded);
    }

    [Fact]
    public void One_that_was_reset_and_does_not_run_holds_nobody_up()
    {
        FoundingLab lab = Listed(3);
        lab.MeetMember(1, 0);
        lab.MeetMember(2, 0);
        lab.Link(1, 2);
        lab.DeliverAll();
        Assert.Empty(lab.Founded);
        Founding one = lab.Nodes[1]!;
        Assert.NotNull(one.FindMember(Name(0)));
        lab.MeetBlank(1, 0);
        Assert.Null(one.FindMember(Name(0)));
        lab.DeliverAll();
        // The other one still knows of a cluster.
        Assert.Empty(lab.Founded);
        lab.MeetBlank(2, 0);
        lab.DeliverAll();
        Assert.Single(lab.Founded);
    }

    [Fact]
    public void One_that_cannot_say_whether_it_is_in_a_cluster_is_not_blank()
    {
        FoundingLab lab = Listed(3);
        lab.Nodes[1]!.MeetMember(Name(0), ClusterId.None);
        lab.Link(1, 2);
        lab.DeliverAll();
        Assert.Empty(lab.Founded);
        Assert.Equal(
            $"waiting for {Name(0)}, which cannot say which cluster it is in: no other one is founded",
            lab.Nodes[1]!.Waiting);
        lab.MeetBlank(1, 0);
        lab.DeliverAll();
        Assert.Single(lab.Founded);
    }

    [Fact]
    public void Who_hears_of_a_cluster_gives_up_what_it_was_promised()
    {
        FoundingLab lab = Listed(5);
        lab.Link(1, 2);
        lab.Link(1, 3);
        lab.Deliver();
        lab.MeetMember(1, 0);
        lab.DeliverAll();
        Assert.Empty(lab.Founded);
        Assert.All(lab.Nodes[1..4], node => Assert.True(node!.Promised.IsNone));
    }

    [Fact]
    public void Who_finds_its_list_late_has_heard_the_others_all_the_same()
    {
        var lab = new FoundingLab(2, new Random(1), isListed: false);
        lab.List(1);
        lab.LinkAll();
        lab.DeliverAll();
        Assert.Empty(lab.Founded);
        lab.List(0);
        lab.DeliverAll();
        Assert.Single(lab.Founded);
    }

    [Fact]
    public void A_list_of_oneself_does_not_found_beside_blank_nodes_with_another_one()
    {
        var lab = new FoundingLab(3, new Random(1), isListed: false);
        lab.List(1);
        lab.List(2);
        lab.Link(0, 1);
        lab.DeliverAll();
        lab.List(0, 0);
        Assert.Empty(lab.Founded);
        lab.List(0);
        lab.DeliverAll();
        Assert.Single(lab.Founded);
    }

    [Fact]
    public void Never_two_and_one_in_the_end()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int run = 0; run < 4000; run++)
        {
            int of = random.Next();
            var lab = new FoundingLab(random.Next(2, 6), new Random(of));
            for (int step = 0; step < 300; step++)
                lab.Step();
            Assert.True(lab.Founded.Count <= 1, $"{lab.Founded.Count} clusters, seed {of}");
            lab.StartAll();
            lab.ListAll();
            lab.LinkAll();
            lab.DeliverAll();
            Assert.True(lab.Founded.Count == 1, $"{lab.Founded.Count} clusters in the end, seed {of}");
        }
    }

    private static FoundingLab Listed(int count)
    {
        var lab = new FoundingLab(count, new Random(1), isListed: false);
        lab.ListAll();
        return lab;
    }

    internal static NodeName Name(int number)
    {
        Assert.True(NodeName.TryParse($"rabbit@n{number}", out NodeName name));
        return name;
    }
}
