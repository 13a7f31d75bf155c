using Warren.Cluster.Identity;
using Warren.Cluster.Links;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Cluster.Tests.Identity;

public sealed class PeerRecordsFileTests
{
    private static readonly NodeId A = new(new Guid("00112233-4455-6677-8899-aabbccddeeff"));
    private static readonly NodeId B = new(new Guid("00000000-0000-0000-0000-000000000001"));

    private static readonly Dictionary<NodeId, PeerRecord> Two = new()
    {
        [A] = new PeerRecord(3, -1, 500),
        [B] = new PeerRecord(1, 0, 0x0102030405060708),
    };

    private readonly MemoryDisk _disk = new();

    [Fact]
    public void It_says_what_was_written_last()
    {
        Assert.Empty(PeerRecordsFile.Read(_disk));
        PeerRecordsFile.Write(_disk, Two);
        Assert.Equal(Two, PeerRecordsFile.Read(_disk));
        PeerRecordsFile.Write(_disk, new Dictionary<NodeId, PeerRecord>());
        Assert.Empty(PeerRecordsFile.Read(_disk));
    }

    [Fact]
    public void Its_bytes_are_those_of_the_format()
    {
        PeerRecordsFile.Write(_disk, Two);
        Assert.Equal(
            "574E5053" + "0100" + "0000" + "02000000"
            + "00000000000000000000000000000001" + "0100000000000000" + "0000000000000000" + "0807060504030201"
            + "00112233445566778899AABBCCDDEEFF" + "0300000000000000" + "FFFFFFFFFFFFFFFF" + "F401000000000000",
            Convert.ToHexString(Bytes()[..^4]));
    }

    [Fact]
    public void One_bit_anywhere_makes_it_unusable()
    {
        PeerRecordsFile.Write(_disk, Two);
        int size = Bytes().Length;
        for (int place = 0; place < size; place++)
        {
            Change(place);
            Assert.Throws<IdentityException>(() => PeerRecordsFile.Read(_disk));
            Change(place);
        }
        Assert.Equal(Two, PeerRecordsFile.Read(_disk));
    }

    [Fact]
    public void Another_version_is_named()
    {
        PeerRecordsFile.Write(_disk, Two);
        Change(4, 3);
        Assert.Contains(
            "has format version 2",
            Assert.Throws<IdentityException>(() => PeerRecordsFile.Read(_disk)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_as_may_be_are_kept()
    {
        var many = Enumerable.Range(1, PeerRecordsFile.MostRecords + 1).ToDictionary(
            number => new NodeId(new Guid(number, 0, 0, new byte[8])), number => new PeerRecord(number, number, 1));
        PeerRecordsFile.Write(_disk, many);
        Assert.Equal(PeerRecordsFile.MostRecords, PeerRecordsFile.Read(_disk).Count);
    }

    private byte[] Bytes()
    {
        using IDiskFile file = _disk.Open(PeerRecordsFile.Path);
        byte[] bytes = new byte[file.LengthBytes];
        file.Read(0, bytes);
        return bytes;
    }

    private void Change(int place, byte bits = 0x10)
    {
        using IDiskFile file = _disk.Open(PeerRecordsFile.Path);
        byte[] one = new byte[1];
        file.Read(place, one);
        one[0] ^= bits;
        file.Write(place, [one]);
    }
}
