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

    private readonly MemoryDisk _disk = new();

    [Fact]
    public void There_may_be_none() => Assert.Empty(MembersFile.Read(_disk));

    [Fact]
    public void What_is_written_is_read_and_replaced()
    {
        MembersFile.Write(_disk, Two);
        Assert.Equal(Two.AsEnumerable(), MembersFile.Read(_disk));
        MembersFile.Write(_disk, [Two[1]]);
        Assert.Equal([Two[1]], MembersFile.Read(_disk));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(20)]
    public void Damage_is_told(int at)
    {
        MembersFile.Write(_disk, Two);
        byte[] one = new byte[1];
        using (IDiskFile file = _disk.Open(MembersFile.Path))
        {
            file.Read(at, one);
            one[0] ^= 2;
            file.Write(at, [one]);
        }
        IdentityException error = Assert.Throws<IdentityException>(() => MembersFile.Read(_disk));
        Assert.Contains(at == 4 ? "format version 3" : "is damaged", error.Message, StringComparison.Ordinal);
    }
}
