using Xunit;

namespace Warren.Storage.Disk;

/// <summary>Operations that fail when told to, and damage behind the owner's back.</summary>
public sealed class FaultyDiskFaultTests
{
    private readonly FaultyDisk _disk = new();

    [Fact]
    public void Changes_are_counted_and_told_before_they_are_made()
    {
        var told = new List<DiskOperation>();
        _disk.BeforeOperation = told.Add;
        _disk.MakeDirectory("d");
        using var file = _disk.Create("d/a", 100);
        file.Write(7, [1, 2], [3]);
        file.SetLength(50);
        file.Sync();
        file.ReadAll();
        _disk.List("d");
        _disk.SyncDirectory("d");
        _disk.Rename("d/a", "d/b");
        _disk.Open("d/b").Dispose();
        _disk.Delete("d/b");
        Assert.Equal(
            [
                new(1, DiskOperationKind.MakeDirectory, "d", 0, 0), new(2, DiskOperationKind.Create, "d/a", 0, 100),
                new(3, DiskOperationKind.Write, "d/a", 7, 3), new(4, DiskOperationKind.SetLength, "d/a", 0, 50),
                new(5, DiskOperationKind.Sync, "d/a", 0, 0), new(6, DiskOperationKind.SyncDirectory, "d", 0, 0),
                new(7, DiskOperationKind.Rename, "d/a", 0, 0), new(8, DiskOperationKind.Delete, "d/b", 0, 0),
            ],
            told);
        Assert.Equal(8, _disk.OperationCount);
        Assert.Equal(0, _disk.PeekCrash(new Random(1)).OperationCount);
    }

    [Fact]
    public void The_hook_may_crash_the_disk_before_an_operation()
    {
        FaultyDisk? found = null;
        _disk.BeforeOperation = operation =>
        {
            if (operation.Number == 4)
                found = _disk.Crash(new Random(1), CrashMode.KeepAll);
        };
        using var file = _disk.Create("a", 0);
        file.Write(0, [1]);
        file.Write(1, [2]);
        Assert.Throws<DiskException>(() => file.Write(2, [3]));
        Assert.Equal([1, 2], found!.ReadAll("a"));
    }

    [Fact]
    public void Every_operation_fails_when_told_to_and_does_nothing()
    {
        for (var number = 1; ; number++)
        {
            var disk = new FaultyDisk();
            disk.CreateDurable("a", 1, 2).Dispose();
            var first = disk.OperationCount;
            disk.FailAt(first + number, DiskFailure.NoSpace);
            using var file = disk.Open("a");
            Action[] changes =
            [
                () => disk.MakeDirectory("d"), () => disk.Create("b", 5), () => file.Write(0, [3]),
                () => file.SetLength(1), file.Sync, () => disk.SyncDirectory(""), () => disk.Rename("a", "c"),
                () => disk.Delete("a"), () => disk.Delete("c"),
            ];
            if (number > changes.Length)
                break;
            for (var i = 1; i < number; i++)
                changes[i - 1]();
            var seen = Picture(disk);
            var durable = Picture(disk.PeekCrash(new Random(1), CrashMode.LoseAll));
            var error = Assert.Throws<DiskException>(changes[number - 1]);
            Assert.Equal(DiskFailure.NoSpace, error.Failure);
            Assert.Contains("the disk was told to fail", error.Message, StringComparison.Ordinal);
            Assert.Equal(seen, Picture(disk));
            Assert.Equal(durable, Picture(disk.PeekCrash(new Random(1), CrashMode.LoseAll)));
            // Once: the same again goes through.
            changes[number - 1]();
        }
    }

    [Fact]
    public void A_failed_write_may_have_written_its_first_bytes()
    {
        var lengths = new HashSet<long>();
        for (var seed = 0; seed < 200; seed++)
        {
            var disk = new FaultyDisk();
            using var file = disk.Create("a", 0);
            disk.FailAt(2, DiskFailure.NoSpace, new Random(seed));
            Assert.Throws<DiskException>(() => file.Write(0, [1, 2], [3, 4]));
            Assert.Equal(((byte[])[1, 2, 3, 4])[..(int)file.LengthBytes], file.ReadAll());
            Assert.Equal(MemoryDisk.DefaultCapacityBytes - file.LengthBytes, disk.FreeBytes);
            lengths.Add(file.LengthBytes);
        }
        Assert.Equal([0, 1, 2, 3, 4], lengths.Order());
    }

    [Fact]
    public void Other_failed_changes_may_have_been_made()
    {
        var pictures = new Dictionary<string, HashSet<string>>();
        for (var seed = 0; seed < 100; seed++)
        {
            foreach (var (kind, change) in new Dictionary<string, Action<FaultyDisk, IDiskFile>>
            {
                ["directory"] = (disk, _) => disk.MakeDirectory("d/e"),
                ["create"] = (disk, _) => disk.Create("b", 5),
                ["rename"] = (disk, _) => disk.Rename("a", "c"),
                ["delete"] = (disk, _) => disk.Delete("a"),
                ["size"] = (_, file) => file.SetLength(1),
            })
            {
                var disk = new FaultyDisk();
                using var file = disk.CreateDurable("a", 1, 2);
                disk.FailAt(disk.OperationCount + 1, DiskFailure.Other, new Random(seed));
                Assert.Throws<DiskException>(() => change(disk, file));
                if (!pictures.TryGetValue(kind, out var seen))
                    pictures.Add(kind, seen = []);
                seen.Add(Picture(disk));
            }
        }
        Assert.Equal(["a=0102"], pictures["directory"]);
        Assert.Equal(["a=0102", "a=0102 b="], pictures["create"].Order());
        Assert.Equal(["a=0102", "c=0102"], pictures["rename"].Order());
        Assert.Equal(["", "a=0102"], pictures["delete"].Order());
        Assert.Equal(["a=01", "a=0102"], pictures["size"].Order());
    }

    [Fact]
    public void A_failed_sync_may_have_synced_the_first_changes_and_keeps_the_rest_to_be_written()
    {
        var durable = new HashSet<string>();
        for (var seed = 0; seed < 100; seed++)
        {
            var disk = new FaultyDisk();
            using var file = disk.CreateDurable("a", 0, 0);
            file.Write(0, [1]);
            file.Write(1, [2]);
            disk.FailAt(disk.OperationCount + 1, DiskFailure.Other, new Random(seed));
            Assert.Throws<DiskException>(file.Sync);
            durable.Add(Picture(disk.PeekCrash(new Random(1), CrashMode.LoseAll)));
            file.Sync();
            Assert.Equal("a=0102", Picture(disk.Crash(new Random(1), CrashMode.LoseAll)));
        }
        Assert.Equal(["a=0000", "a=0100", "a=0102"], durable.Order());
    }

    [Fact]
    public void A_failed_sync_of_a_directory_may_have_synced_the_first_names()
    {
        var durable = new HashSet<string>();
        for (var seed = 0; seed < 100; seed++)
        {
            var disk = new FaultyDisk();
            disk.Create("a", 0).Dispose();
            disk.Create("b", 0).Dispose();
            disk.FailAt(3, DiskFailure.Other, new Random(seed));
            Assert.Throws<DiskException>(() => disk.SyncDirectory(""));
            durable.Add(Picture(disk.PeekCrash(new Random(1), CrashMode.LoseAll)));
            disk.SyncDirectory("");
            Assert.Equal("a= b=", Picture(disk.Crash(new Random(1), CrashMode.LoseAll)));
        }
        Assert.Equal(["", "a=", "a= b="], durable.Order());
    }

    [Fact]
    public void What_a_failed_sync_dropped_is_seen_but_never_written()
    {
        using var file = _disk.CreateDurable("a", 0, 0);
        file.Write(1, [1, 2]);
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.Other, null, dropsUnsynced: true);
        Assert.Throws<DiskException>(file.Sync);
        Assert.Equal([0, 1, 2], file.ReadAll());
        file.Sync();
        // The size is in the journal and comes through; the bytes are not.
        Assert.Equal([0, 0, 0], _disk.PeekCrash(new Random(1), CrashMode.KeepAll).ReadAll("a"));

        // The next process reads from the same page cache, and a sync does not help it: it has to write.
        var next = _disk.CrashProcess();
        using var reopened = next.Open("a");
        Assert.Equal([0, 1, 2], reopened.ReadAll());
        reopened.Sync();
        Assert.Equal([0, 0, 0], next.PeekCrash(new Random(1), CrashMode.KeepAll).ReadAll("a"));
        reopened.Write(0, reopened.ReadAll());
        reopened.Sync();
        Assert.Equal([0, 1, 2], next.PeekCrash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
    }

    [Fact]
    public void What_a_failed_sync_dropped_is_gone_when_the_cache_is()
    {
        using var file = _disk.CreateDurable("a", 0, 0, 0);
        file.Write(0, [1]);
        _disk.FailAt(_disk.OperationCount + 1, DiskFailure.Other, null, dropsUnsynced: true);
        Assert.Throws<DiskException>(file.Sync);
        file.Write(1, [2]);
        _disk.EvictCache();
        Assert.Equal([0, 2, 0], file.ReadAll());
    }

    [Fact]
    public void A_failed_sync_may_have_written_some_of_the_sectors_that_it_drops()
    {
        var seen = new HashSet<string>();
        for (var seed = 0; seed < 100; seed++)
        {
            var disk = new FaultyDisk();
            using var file = disk.CreateDurable("a", new byte[1024]);
            file.Write(0, DiskBytes.Repeat(1, 1024));
            disk.FailAt(disk.OperationCount + 1, DiskFailure.Other, new Random(seed), dropsUnsynced: true);
            Assert.Throws<DiskException>(file.Sync);
            var bytes = disk.Crash(new Random(1), CrashMode.KeepAll).ReadAll("a");
            seen.Add($"{bytes[0]}{bytes[511]} {bytes[512]}{bytes[1023]}");
        }
        Assert.Equal(["00 00", "00 11", "11 00", "11 11"], seen.Order());
    }

    [Fact]
    public void A_flipped_bit_is_flipped_for_good()
    {
        using var file = _disk.CreateDurable("a", 1, 2, 3);
        file.Write(1, [8]);
        _disk.FlipBit("a", 1, 0);
        _disk.FlipBit("a", 2, 7);
        Assert.Equal([1, 9, 131], file.ReadAll());
        Assert.Equal([1, 9, 131], _disk.PeekCrash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _disk.FlipBit("a", 3, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => _disk.FlipBit("a", 0, 8));
        Assert.Equal(DiskFailure.Missing, Assert.Throws<DiskException>(() => _disk.FlipBit("b", 0, 0)).Failure);
    }

    [Fact]
    public void A_cut_behind_the_owners_back_is_for_good()
    {
        using var file = _disk.CreateDurable("a", 1, 2, 3);
        var free = _disk.FreeBytes;
        _disk.Truncate("a", 1);
        Assert.Equal([1], file.ReadAll());
        Assert.Equal(free + 2, _disk.FreeBytes);
        Assert.Equal([1], _disk.PeekCrash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _disk.Truncate("a", 2));
    }

    [Fact]
    public void A_removal_behind_the_owners_back_is_for_good()
    {
        _disk.CreateDurable("a", 1).Dispose();
        _disk.Create("b", 10).Dispose();
        _disk.Rename("b", "c");
        _disk.Remove("a");
        _disk.Remove("c");
        Assert.Empty(_disk.List(""));
        Assert.Equal(MemoryDisk.DefaultCapacityBytes, _disk.FreeBytes);
        Assert.All(Enumerable.Range(0, 50), seed => Assert.Empty(_disk.PeekCrash(new Random(seed)).List("")));
        Assert.Equal(DiskFailure.Missing, Assert.Throws<DiskException>(() => _disk.Remove("a")).Failure);
    }

    /// <summary>All files of the root with their bytes.</summary>
    private static string Picture(FaultyDisk disk) =>
        string.Join(' ', disk.List("").Select(name => $"{name}={Convert.ToHexString(disk.ReadAll(name))}"));
}
