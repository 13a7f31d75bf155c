using Xunit;

namespace Warren.Cluster.Joining;

/// <summary>Blank nodes with one list, links that come and go, nodes that crash: at most one cluster.</summary>
public sealed class FoundingTests(ITestOutputHelper output)
{
    [Fact]
    public void The_lowest_of_three_founds()
    {
        var lab = new FoundingLab(3, new Random(1));
        lab.LinkAll();
        lab.DeliverAll();
        Assert.Equal([new ClusterId(lab.Ids[0].Value)], lab.Founded);
    }

    [Fact]
    public void A_majority_is_enough()
    {
        var lab = new FoundingLab(3, new Random(1));
        lab.Link(1, 2);
        lab.DeliverAll();
        Assert.Equal([new ClusterId(lab.Ids[1].Value)], lab.Founded);
    }

    [Fact]
    public void Less_than_a_majority_waits_and_says_for_whom()
    {
        var lab = new FoundingLab(5, new Random(1));
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
        var founding = new Founding(self, Name(0), [Name(0)], ClusterId.None);
        Assert.True(founding.MayFound);
        Assert.Equal(new ClusterId(self.Value), founding.Promised);
    }

    [Fact]
    public void Other_lists_are_told()
    {
        var one = new Founding(new NodeId(Guid.NewGuid()), Name(0), [Name(0), Name(1)], ClusterId.None);
        var other = new Founding(new NodeId(Guid.NewGuid()), Name(1), [Name(0), Name(1), Name(2)], ClusterId.None);
        one.LinkUp(Name(1));
        other.LinkUp(Name(0));
        foreach ((NodeName _, FoundingMessage message) in other.TakeMessages())
            one.Receive(Name(1), message);
        Assert.False(one.MayFound);
        Assert.Equal(
            "rabbit@n1 was told of other nodes than rabbit@n0: give all of them the same list", one.Waiting);
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
            lab.LinkAll();
            lab.DeliverAll();
            Assert.True(lab.Founded.Count == 1, $"{lab.Founded.Count} clusters in the end, seed {of}");
        }
    }

    internal static NodeName Name(int number)
    {
        Assert.True(NodeName.TryParse($"rabbit@n{number}", out NodeName name));
        return name;
    }
}
