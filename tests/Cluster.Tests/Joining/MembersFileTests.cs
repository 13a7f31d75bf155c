using System.Collections.Immutable;
using Warren.Cluster.Identity;
using Warren.Cluster.Links;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Cluster.Joining;

public sealed class MembersFileTests
{
    private static readonly ImmutableArray<MemberRecord> Two =
    [
        new(new NodeId(Guid.NewGuid()), FoundingTests.Name(1), new PeerAddress("n1", 25672)),
        new(new NodeId(Guid.NewGuid()), FoundingTests.Name(2), new PeerAddress("n2", 35672)),
    ];

    private static readonly NodeIdentity Own = new(Two[0].Id, new ClusterId(Guid.NewGuid()), Generation: 1);

    private readonly MemoryDisk _disk = new();

    [Fact]
    public void There_may_be_none() => Assert.Empty(MembersFile.Read(_disk, Own));

    [Fact]
    public void What_is_written_is_read_and_replaced()
    {
        MembersFile.Write(_disk, Own.Cluster, Two);
        Assert.Equal(Two.AsEnumerable(), MembersFile.Read(_disk, Own));
        MembersFile.Write(_disk, Own.Cluster, [Two[1]]);
        Assert.Equal([Two[1]], MembersFile.Read(_disk, Own));
    }

    /// <summary>A crash came between the two files that a node writes when it has been let in.</summary>
    [Fact]
    public void What_is_of_another_cluster_counts_for_nothing()
    {
        MembersFile.Write(_disk, new ClusterId(Guid.NewGuid()), Two);
        Assert.Empty(MembersFile.Read(_disk, Own));
        MembersFile.Write(_disk, Own.Cluster, Two);
        Assert.Empty(MembersFile.Read(_disk, null));
        Assert.Empty(MembersFile.Read(_disk, Own with { Generation = 0 }));
        // From before the file said whose it is.
        MembersFile.Write(_disk, ClusterId.None, Two);
        Assert.Equal(Two.AsEnumerable(), MembersFile.Read(_disk, Own));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(20)]
    public void Damage_is_told(int at)
    {
        MembersFile.Write(_disk, Own.Cluster, Two);
        byte[] one = new byte[1];
        using (IDiskFile file = _disk.Open(MembersFile.Path))
        {
            file.Read(at, one);
            one[0] ^= 2;
            file.Write(at, [one]);
        }
        IdentityException error = Assert.Throws<IdentityException>(() => MembersFile.Read(_disk, Own));
        Assert.Contains(at == 4 ? "format version 3" : "is damaged", error.Message, StringComparison.Ordinal);
    }
}
