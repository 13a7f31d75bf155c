using Warren.Cluster.Identity;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Cluster.Tests.Identity;

public sealed class IdentityFileTests
{
    private static readonly NodeIdentity First = new(
        new NodeId(new Guid("00112233-4455-6677-8899-aabbccddeeff")),
        new ClusterId(new Guid("0a0b0c0d-0000-0000-0000-000000000001")), 1);

    private static readonly NodeIdentity Second = First with
    {
        Cluster = new ClusterId(new Guid("0a0b0c0d-0000-0000-0000-000000000002")),
        Generation = 7,
    };

    [Fact]
    public void It_says_what_was_written_last()
    {
        var disk = new MemoryDisk();
        Assert.Null(IdentityFile.Read(disk));
        IdentityFile.Write(disk, First);
        Assert.Equal(First, IdentityFile.Read(disk));
        IdentityFile.Write(disk, Second);
        Assert.Equal(Second, IdentityFile.Read(disk));
    }

    [Fact]
    public void Its_bytes_are_those_of_the_format()
    {
        var disk = new MemoryDisk();
        IdentityFile.Write(disk, Second);
        using IDiskFile file = disk.Open(IdentityFile.Path);
        byte[] bytes = new byte[61];
        Assert.Equal(60, file.Read(0, bytes));
        Assert.Equal(
            "574E4944" + "0100" + "0000" + "00112233445566778899AABBCCDDEEFF" + "0A0B0C0D000000000000000000000002"
            + "0700000000000000" + "0000000000000000",
            Convert.ToHexString(bytes[..56]));
    }

    /// <summary>Whatever a crash or a failure leaves, it is the old identity or the new one.</summary>
    [Fact]
    public void A_crash_or_a_failure_anywhere_leaves_one_of_the_two()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            for (long number = 1; ; number++)
            {
                var disk = new FaultyDisk();
                IdentityFile.Write(disk, First);
                var random = new Random(seed);
                FaultyDisk? crashed = null;
                long at = disk.OperationCount + number;
                disk.BeforeOperation = operation =>
                {
                    if (operation.Number == at)
                        crashed = disk.PeekCrash(random);
                };
                if (seed % 2 == 0)
                    disk.FailAt(at, DiskFailure.NoSpace);
                bool isWritten = TryWrite(disk, Second);
                if (crashed is null)
                {
                    Assert.True(isWritten);
                    Assert.Equal(Second, IdentityFile.Read(disk.Crash(random)));
                    break;
                }
                NodeIdentity? found = IdentityFile.Read(crashed);
                Assert.True(found == First || found == Second, $"seed {seed}, operation {number}: {found}");
                found = IdentityFile.Read(disk);
                Assert.True(found == (isWritten ? Second : found) && (found == First || found == Second));
                // What a failure left is in nobody's way.
                disk.BeforeOperation = null;
                IdentityFile.Write(disk, Second);
                Assert.Equal(Second, IdentityFile.Read(disk.Crash(random)));
            }
        }
    }

    [Fact]
    public void Damage_is_told_and_never_read()
    {
        for (int bit = 0; bit < 60 * 8; bit++)
        {
            var disk = new FaultyDisk();
            IdentityFile.Write(disk, First);
            disk.FlipBit(IdentityFile.Path, bit / 8, bit % 8);
            IdentityException error = Assert.Throws<IdentityException>(() => IdentityFile.Read(disk));
            Assert.Contains(bit is >= 32 and < 48 ? "format version" : "is damaged", error.Message);
        }
        foreach (int lengthBytes in (int[])[0, 3, 8, 59, 61])
        {
            var disk = new FaultyDisk();
            IdentityFile.Write(disk, First);
            using (IDiskFile file = disk.Open(IdentityFile.Path))
                file.SetLength(lengthBytes);
            Assert.Throws<IdentityException>(() => IdentityFile.Read(disk));
        }
    }

    private static bool TryWrite(IDisk disk, NodeIdentity identity)
    {
        try
        {
            IdentityFile.Write(disk, identity);
            return true;
        }
        catch (DiskException)
        {
            return false;
        }
    }
}
