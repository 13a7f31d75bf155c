using Xunit;

namespace Warren.Storage.Disk;

/// <summary>What a power cut may leave of bytes and sizes, and what it must.</summary>
public sealed class FaultyDiskCrashTests
{
    private const int Draws = 400;
    private static readonly CrashMode[] Modes = Enum.GetValues<CrashMode>();

    public static TheoryData<CrashMode> AllModes => [.. Modes];

    [Theory]
    [MemberData(nameof(AllModes))]
    public void What_was_synced_is_found(CrashMode mode)
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", DiskBytes.Repeat(1, 3000));
        file.Write(5000, [7]);
        file.Sync();
        var found = disk.Crash(new Random(1), mode);
        Assert.Equal([.. DiskBytes.Repeat(1, 3000), .. new byte[2000], 7], found.ReadAll("a"));
    }

    [Fact]
    public void What_was_not_synced_is_lost_or_kept_as_told()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", 1, 2, 3);
        file.Write(1, [9, 9, 9]);
        Assert.Equal([1, 2, 3], disk.Crash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
        Assert.Equal([1, 9, 9, 9], disk.Crash(new Random(1), CrashMode.KeepAll).ReadAll("a"));
    }

    [Fact]
    public void Each_sector_comes_through_on_its_own()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", DiskBytes.Repeat(1, 2048));
        file.Write(100, DiskBytes.Repeat(2, 1800));
        var seen = Outcomes(disk, CrashMode.Sectors, "a");
        foreach (var bytes in seen)
        {
            Assert.Equal(DiskBytes.Repeat(1, 100), bytes[..100]);
            Assert.Equal(DiskBytes.Repeat(1, 148), bytes[1900..]);
            foreach (var (start, end) in ((int, int)[])[(100, 512), (512, 1024), (1024, 1536), (1536, 1900)])
                Assert.Single(bytes[start..end].Distinct());
        }
        // All sixteen ways of four sectors.
        Assert.Equal(16, seen.Select(bytes => (bytes[100], bytes[512], bytes[1024], bytes[1536])).Distinct().Count());
    }

    [Fact]
    public void A_later_write_may_be_there_without_an_earlier_one()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", new byte[2048]);
        file.Write(0, [1]);
        file.Write(1024, [2]);
        file.Write(0, [3]);
        var seen = Outcomes(disk, CrashMode.Sectors, "a").Select(bytes => $"{bytes[0]}{bytes[1024]}").Distinct();
        Assert.Equal(["00", "02", "10", "12", "30", "32"], seen.Order());
    }

    [Fact]
    public void Growth_is_lost_or_read_as_zeros()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", DiskBytes.Repeat(1, 600));
        file.Write(600, DiskBytes.Repeat(2, 1400));
        var seen = Outcomes(disk, CrashMode.Sectors, "a");
        Assert.All(seen, bytes => Assert.Equal(DiskBytes.Repeat(1, 600), bytes[..600]));
        Assert.All(seen, bytes => Assert.DoesNotContain(bytes[600..], value => value is not (0 or 2)));
        Assert.Equal([600, 1024, 1536, 2000], seen.Select(bytes => bytes.Length).Distinct().Order());
        Assert.Contains(seen, bytes => bytes.Length == 2000 && bytes[600] == 0 && bytes[1999] == 2);
        Assert.Contains(seen, bytes => bytes.Length == 2000 && bytes[600..].All(value => value == 0));
    }

    [Fact]
    public void A_reservation_may_be_lost_until_its_file_is_synced()
    {
        var disk = new FaultyDisk();
        using var file = disk.Create("a", 1 << 20);
        disk.SyncDirectory("");
        var sizes = Enumerable.Range(0, Draws).Select(seed => SizeOf(disk.PeekCrash(new Random(seed)), "a")).ToList();
        Assert.Contains(0, sizes);
        Assert.Contains(1 << 20, sizes);
        file.Sync();
        Assert.All(Modes, mode => Assert.Equal(1 << 20, SizeOf(disk.PeekCrash(new Random(1), mode), "a")));
    }

    [Fact]
    public void A_cut_comes_through_or_not()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", DiskBytes.Repeat(1, 2000));
        file.SetLength(700);
        var seen = Outcomes(disk, CrashMode.Sectors, "a");
        Assert.Equal([700, 2000], seen.Select(bytes => bytes.Length).Distinct().Order());
        Assert.All(seen, bytes => Assert.Equal(DiskBytes.Repeat(1, bytes.Length), bytes));
    }

    [Fact]
    public void What_was_cut_off_never_comes_back_inside_a_later_growth()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", DiskBytes.Repeat(1, 2000));
        file.SetLength(700);
        file.Write(1900, [2]);
        foreach (var bytes in Outcomes(disk, CrashMode.Sectors, "a"))
        {
            if (bytes.Length == 2000)
                Assert.Equal(DiskBytes.Repeat(1, 2000), bytes);
            else
                Assert.DoesNotContain((byte)1, bytes[700..]);
        }
    }

    [Fact]
    public void A_prefix_goes_over_all_files_and_names()
    {
        var disk = new FaultyDisk();
        using var first = disk.CreateDurable("a");
        using var second = disk.CreateDurable("b");
        for (byte i = 0; i < 10; i++)
        {
            first.Write(i, [i]);
            disk.Create($"n{i}", 0).Dispose();
            second.Write(i, [i]);
        }
        var counts = new HashSet<int>();
        for (var seed = 0; seed < Draws; seed++)
        {
            var found = disk.PeekCrash(new Random(seed), CrashMode.Prefix);
            var (a, names, b) = (found.ReadAll("a").Length, found.List("").Count - 2, found.ReadAll("b").Length);
            Assert.True(a >= names && names >= b && a - b <= 1, $"{a} bytes, {names} names, {b} bytes");
            counts.Add(a + names + b);
        }
        Assert.Equal(Enumerable.Range(0, 31), counts.Order());
    }

    [Fact]
    public void The_write_at_the_moment_of_a_prefix_is_torn_between_sectors()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", DiskBytes.Repeat(1, 2048));
        file.Write(0, DiskBytes.Repeat(2, 2048));
        var seen = Outcomes(disk, CrashMode.Prefix, "a");
        Assert.All(seen, bytes => Assert.Equal([.. bytes.OrderDescending()], bytes));
        Assert.Equal(
            [0, 512, 1024, 1536, 2048], seen.Select(bytes => bytes.Count(value => value == 2)).Distinct().Order());
    }

    [Fact]
    public void A_killed_process_loses_nothing_and_makes_nothing_durable()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", 1, 2, 3);
        file.Write(1, [9, 9, 9]);
        disk.Create("b", 100).Dispose();
        disk.Delete("a");
        var found = disk.CrashProcess();
        Assert.Equal(["b"], found.List(""));
        Assert.Equal(100, SizeOf(found, "b"));
        var later = found.Crash(new Random(1), CrashMode.LoseAll);
        Assert.Equal(["a"], later.List(""));
        Assert.Equal([1, 2, 3], later.ReadAll("a"));
    }

    [Fact]
    public void What_was_open_belongs_to_the_dead()
    {
        foreach (var crash in (Func<FaultyDisk, FaultyDisk>[])[d => d.Crash(new Random(1)), d => d.CrashProcess()])
        {
            var disk = new FaultyDisk();
            var file = disk.CreateDurable("a", 1);
            var found = crash(disk);
            foreach (var use in (Action[])
                [
                    () => file.Read(0, new byte[1]), () => file.Write(0, [1]), file.Sync, () => file.SetLength(0),
                    () => _ = file.LengthBytes, () => disk.Open("a"), () => disk.Create("b", 0), () => disk.Delete("a"),
                    () => disk.Rename("a", "b"), () => disk.List(""), () => disk.SyncDirectory(""),
                    () => disk.MakeDirectory("d"), () => _ = disk.FreeBytes,
                ])
            {
                Assert.Contains("has crashed", Assert.Throws<DiskException>(use).Message, StringComparison.Ordinal);
            }
            file.Dispose();
            Assert.Equal([1], found.ReadAll("a"));
        }
    }

    [Fact]
    public void A_peek_leaves_both_disks_to_themselves()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", 1, 2, 3);
        file.Write(0, [4]);
        var peeked = disk.PeekCrash(new Random(1), CrashMode.KeepAll);
        var alive = disk.PeekCrashProcess();
        file.Write(1, [5]);
        using (var other = peeked.Open("a"))
            other.Write(2, [6]);
        using (var other = alive.Open("a"))
            other.Write(2, [7]);
        Assert.Equal([4, 5, 3], file.ReadAll());
        Assert.Equal([4, 2, 6], peeked.ReadAll("a"));
        Assert.Equal([4, 2, 7], alive.ReadAll("a"));
        file.Sync();
        Assert.Equal([4, 5, 3], disk.Crash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
        Assert.Equal([1, 2, 3], alive.Crash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
    }

    [Fact]
    public void A_dead_disk_tells_many_outcomes()
    {
        var disk = new FaultyDisk();
        using var file = disk.CreateDurable("a", 1);
        file.Write(0, [2]);
        var seen = Enumerable.Range(0, Draws).Select(seed => disk.Crash(new Random(seed)).ReadAll("a")[0]).ToHashSet();
        Assert.Equal([1, 2], [.. seen.Order()]);
    }

    [Fact]
    public void A_crash_costs_what_was_not_synced()
    {
        var disk = new FaultyDisk();
        using var file = disk.Create("a", 64 << 20);
        file.Write(0, new byte[32 << 20]);
        file.Sync();
        disk.SyncDirectory("");
        file.Write(1000, new byte[2000]);
        disk.PeekCrash(new Random(1)).ReadAll("a");
        var before = GC.GetAllocatedBytesForCurrentThread();
        disk.PeekCrash(new Random(1), CrashMode.KeepAll);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 1, 64 << 10);
    }

    /// <summary>What is found of a file in many crashes.</summary>
    private static List<byte[]> Outcomes(FaultyDisk disk, CrashMode mode, string path) =>
        [.. Enumerable.Range(0, Draws).Select(seed => disk.PeekCrash(new Random(seed), mode).ReadAll(path))];

    private static long SizeOf(FaultyDisk disk, string path)
    {
        using var file = disk.Open(path);
        return file.LengthBytes;
    }
}
