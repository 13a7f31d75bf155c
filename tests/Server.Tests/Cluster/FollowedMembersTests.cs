using System.Collections.Immutable;
using Warren.Cluster;
using Warren.Cluster.Identity;
using Warren.Cluster.Joining;
using Warren.Cluster.Links;
using Warren.Server.Cluster;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Server.Tests.Cluster;

public sealed class FollowedMembersTests
{
    private static readonly ImmutableArray<MemberRecord> Two = [Member(1), Member(2)];

    private static readonly ImmutableArray<MemberRecord> Three = [.. Two, Member(3)];

    private static readonly NodeIdentity Own = new(Member(1).Id, new ClusterId(Guid.NewGuid()), Generation: 1);

    private readonly FaultyDisk _disk = new();
    private readonly List<string> _lines = [];

    [Fact]
    public void What_could_not_be_written_is_written_as_soon_as_it_can_be()
    {
        FollowedMembers followed = Make();
        Assert.True(followed.Follow(Two));
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.NoSpace);
        Assert.True(followed.Follow(Three));
        Assert.Equal(Two.AsEnumerable(), MembersFile.Read(_disk, Own));
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.NoSpace);
        Assert.False(followed.Follow(Three));
        Assert.False(followed.Follow(Three));
        Assert.Equal(Three.AsEnumerable(), MembersFile.Read(_disk, Own));
        string line = Assert.Single(_lines);
        Assert.Contains("who the cluster's members are could not be written, which is tried again", line);
        // The next streak is told again.
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.NoSpace);
        Assert.True(followed.Follow(Two));
        Assert.Equal(2, _lines.Count);
    }

    [Fact]
    public void A_node_that_was_always_alone_writes_nothing()
    {
        FollowedMembers followed = Make();
        Assert.True(followed.Follow([Member(1)]));
        Assert.False(followed.Follow([Member(1)]));
        Assert.Empty(_disk.List(""));
        followed.Follow(Two);
        followed.Follow([Member(1)]);
        Assert.Equal([Member(1)], MembersFile.Read(_disk, Own));
    }

    private FollowedMembers Make() => new(_disk, Own, (_, _, line) => _lines.Add(line));

    private static MemberRecord Member(int number) => new(
        new NodeId(new Guid(number, 0, 0, new byte[8])),
        NodeName.TryParse($"rabbit@n{number}", out NodeName name) ? name : throw new InvalidOperationException(),
        new PeerAddress($"n{number}", 25672));
}
