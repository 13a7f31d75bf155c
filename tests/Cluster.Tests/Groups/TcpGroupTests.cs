using Warren.Cluster.Consensus;
using Warren.Cluster.Tests.Peers;
using Warren.Wire;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>A group of three members on real links, with logs and threads as a node has them.</summary>
public sealed class TcpGroupTests : IAsyncDisposable
{
    private readonly List<TcpGroupMember> _members = [];
    private readonly ManualTime _time = new();

    public async ValueTask DisposeAsync()
    {
        foreach (TcpGroupMember member in _members)
            await member.DisposeAsync();
    }

    [Fact]
    public async Task Entries_of_all_sizes_reach_all_members_in_the_same_order()
    {
        TcpGroupMember leader = await StartAsync();
        int[] sizes = [10, 300_000, 0, 70_000, 5_000_000, 100, 65_535, 65_536, 1, 20_000_000, 10];
        for (int round = 0; round < sizes.Length; round++)
            await Eventually.True(() => leader.Propose(sizes[round], round));
        await AppliedAsync(_members, sizes.Length);
        Assert.Equal(sizes, leader.Applied.Select(entry => entry.Length));
        Assert.All(_members, member => Assert.Equal(leader.Applied, member.Applied));
        Assert.All(_members, member => Assert.Equal(0, member.Transport.StrayMessages));
        await Eventually.True(() => _members.All(member => member.Transport.HeldBytes == 0));
    }

    [Fact]
    public async Task Without_its_leader_the_group_goes_on_with_another()
    {
        TcpGroupMember leader = await StartAsync();
        Assert.True(leader.Propose(100, 1));
        await AppliedAsync(_members, 1);
        await leader.DisposeAsync();
        _members.Remove(leader);
        TcpGroupMember next = await LeaderAsync();
        for (int number = 0; number < 50; number++)
            await Eventually.True(() => next.Propose(100 * number, number));
        await AppliedAsync(_members, 51);
        Assert.Equal(_members[0].Applied, _members[1].Applied);
    }

    [Fact]
    public async Task A_link_that_is_lost_in_the_middle_of_a_large_append_loses_nothing()
    {
        TcpGroupMember leader = await StartAsync();
        TcpGroupMember follower = _members.First(member => member != leader);
        Assert.True(leader.Propose(40_000_000, 1));
        await Eventually.True(() => follower.Transport.HeldBytes > 0 || follower.Applied.Length > 0);
        leader.Node.Links.FindLink(follower.Node.Id)?.Close("cut by the test");
        await TickUntilAsync(() => follower.Applied.Length == 1 && leader.Applied.Length == 1);
        Assert.Equal(leader.Applied, follower.Applied);
    }

    [Fact]
    public async Task A_barrier_does_not_wait_for_the_next_beat()
    {
        TcpGroupMember leader = await StartAsync();
        Assert.True(leader.Propose(1, 1));
        await AppliedAsync(_members, 1);
        // The clock of the heartbeats stands.
        for (int number = 1; number <= 5; number++)
        {
            leader.RequestBarrier(number);
            await Eventually.True(() => leader.BarriersReached == number);
        }
    }

    private async Task<TcpGroupMember> StartAsync()
    {
        HubNode[] nodes = [new("a", "127.0.0.21"), new("b", "127.0.0.22"), new("c", "127.0.0.23")];
        var members = new Membership(nodes.Select(node => new Member(node.Id, IsVoter: true)));
        foreach (HubNode node in nodes)
            _members.Add(new TcpGroupMember(node, members, _time));
        foreach (HubNode node in nodes)
            node.Start();
        foreach (HubNode node in nodes)
        {
            foreach (HubNode other in nodes.Where(other => other != node))
                node.Links.AddPeer(other.Known);
        }
        await Eventually.True(
            () => nodes.All(node => nodes.Where(other => other != node).All(other => node.Hub.IsUp(other.Id))));
        foreach (TcpGroupMember member in _members)
            member.Start();
        return await LeaderAsync();
    }

    private async Task<TcpGroupMember> LeaderAsync()
    {
        await TickUntilAsync(() => _members.Any(member => member.IsLeader));
        return _members.First(member => member.IsLeader);
    }

    private async Task AppliedAsync(List<TcpGroupMember> members, int count) =>
        await TickUntilAsync(() => members.All(member => member.Applied.Length == count));

    // Real links and a clock that goes with the waiting: a busy machine does not look like a dead leader.
    private async Task TickUntilAsync(Func<bool> condition)
    {
        await Eventually.True(() =>
        {
            if (condition())
                return true;
            _time.Advance(TimeSpan.FromMilliseconds(2));
            return false;
        });
    }
}
