using Xunit;

namespace Warren.Storage.Disk;

/// <summary>Disks in memory know to the byte what they hold.</summary>
public sealed class CapacityTests
{
    public static TheoryData<string> Disks => ["memory", "faulty"];

    [Theory]
    [MemberData(nameof(Disks))]
    public void A_write_that_does_not_fit_writes_nothing(string kind)
    {
        var disk = Make(kind, 1000);
        using var file = disk.Create("a", 0);
        file.Write(0, DiskBytes.Repeat(1, 900));
        Assert.Equal(100, disk.FreeBytes);
        Assert.Equal(DiskFailure.NoSpace, Refused(() => file.Write(800, DiskBytes.Repeat(2, 201))));
        Assert.Equal(DiskBytes.Repeat(1, 900), file.ReadAll());
        file.Write(800, DiskBytes.Repeat(2, 200));
        Assert.Equal(0, disk.FreeBytes);
        file.Write(0, DiskBytes.Repeat(3, 1000));
        Assert.Equal(DiskBytes.Repeat(3, 1000), file.ReadAll());
    }

    [Theory]
    [MemberData(nameof(Disks))]
    public void A_reservation_that_does_not_fit_leaves_no_file(string kind)
    {
        var disk = Make(kind, 1000);
        Assert.Equal(DiskFailure.NoSpace, Refused(() => disk.Create("a", 1001)));
        Assert.Empty(disk.List(""));
        Assert.Equal(1000, disk.FreeBytes);
        using var file = disk.Create("a", 1000);
        Assert.Equal(0, disk.FreeBytes);
        Assert.Equal(DiskFailure.NoSpace, Refused(() => file.SetLength(1001)));
        Assert.Equal(1000, file.LengthBytes);
    }

    [Theory]
    [MemberData(nameof(Disks))]
    public void What_goes_makes_room(string kind)
    {
        var disk = Make(kind, 1000);
        using var first = disk.Create("a", 600);
        using var second = disk.Create("b", 400);
        first.SetLength(100);
        Assert.Equal(500, disk.FreeBytes);
        disk.Delete("b");
        Assert.Equal(900, disk.FreeBytes);
        second.Write(0, DiskBytes.Repeat(1, 3000));
        disk.Create("c", 300).Dispose();
        disk.Rename("c", "a");
        Assert.Equal(700, disk.FreeBytes);
        first.SetLength(5000);
        disk.Rename("a", "d");
        Assert.Equal(700, disk.FreeBytes);
    }

    [Fact]
    public void A_full_disk_is_served_again_when_it_grows()
    {
        var disk = new FaultyDisk { CapacityBytes = 10 };
        using var file = disk.Create("a", 10);
        Assert.Equal(DiskFailure.NoSpace, Refused(() => file.Write(10, [1])));
        disk.CapacityBytes = 11;
        file.Write(10, [1]);
        disk.CapacityBytes = 5;
        Assert.Equal(0, disk.FreeBytes);
        Assert.Equal(5, disk.PeekCrashProcess().CapacityBytes);
    }

    [Theory]
    [InlineData(CrashMode.LoseAll, 1000)]
    [InlineData(CrashMode.KeepAll, 300)]
    public void What_a_crash_leaves_counts(CrashMode mode, int freeBytes)
    {
        var disk = new FaultyDisk { CapacityBytes = 1000 };
        disk.CreateDurable("a").Dispose();
        using var file = disk.Open("a");
        file.Write(0, DiskBytes.Repeat(1, 700));
        Assert.Equal(freeBytes, disk.Crash(new Random(1), mode).FreeBytes);
    }

    private static IDisk Make(string kind, long capacityBytes) =>
        kind == "memory" ? new MemoryDisk(capacityBytes) : new FaultyDisk { CapacityBytes = capacityBytes };

    private static DiskFailure Refused(Action action) => Assert.Throws<DiskException>(action).Failure;
}
