using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Consensus;
using Warren.Cluster.Groups;

namespace Warren.Broker.Definitions.Nodes;

/// <summary>What others may know of the definitions' group; written by the definitions' turn.</summary>
internal sealed class StatusPublisher
{
    private ClusterStatus _status = new([], NodeId.None, default, default, IsSettled: true, IsServing: false);
    private Membership _members = Membership.Empty;
    private NodesSnapshot _nodes = NodesSnapshot.Empty;

    public ClusterStatus Status => Volatile.Read(ref _status);

    /// <summary>Called in the turn when there are other members, another leader, or this node serves or not.</summary>
    public Action? Changed { get; set; }

    public void Publish(RaftGroup group, NodesSnapshot nodes, bool isSettled, bool isServing)
    {
        ImmutableArray<ClusterMember> members = _status.Members;
        if (!ReferenceEquals(group.Members, _members) || !ReferenceEquals(nodes, _nodes))
            members = Describe(_members = group.Members, _nodes = nodes);
        ClusterStatus before = _status;
        Volatile.Write(
            ref _status,
            new ClusterStatus(members, group.Leader, group.Term, group.Applied, isSettled, isServing));
        if (members != before.Members || group.Leader != before.Leader || isServing != before.IsServing)
            Changed?.Invoke();
    }

    private static ImmutableArray<ClusterMember> Describe(Membership members, NodesSnapshot nodes)
    {
        var described = ImmutableArray.CreateBuilder<ClusterMember>(members.Members.Length);
        foreach (Member member in members.Members)
        {
            Entries.MemberEntry? named = nodes.Members.GetValueOrDefault(member.Id);
            described.Add(new ClusterMember(
                member.Id, named?.Name ?? "", named?.Address ?? "", member.IsVoter,
                nodes.Sessions.ContainsKey(member.Id)));
        }
        return described.MoveToImmutable();
    }
}
