using Xunit;

namespace Warren.Storage.Disk;

/// <summary>What a power cut may leave of names, and what it must.</summary>
public sealed class FaultyDiskNameTests
{
    private const int Draws = 400;

    private readonly FaultyDisk _disk = new();

    [Fact]
    public void A_new_name_is_lost_or_kept_until_its_directory_is_synced()
    {
        using var file = _disk.Create("a", 0);
        file.Write(0, [1]);
        file.Sync();
        Assert.Equal(["", "a"], Lists("").Order());
        _disk.SyncDirectory("");
        Assert.Equal(["a"], Lists(""));
        Assert.Equal([1], _disk.Crash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
    }

    [Fact]
    public void A_durable_name_says_nothing_of_the_bytes()
    {
        using var file = _disk.Create("a", 0);
        file.Write(0, [1]);
        _disk.SyncDirectory("");
        Assert.Empty(_disk.Crash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
    }

    [Fact]
    public void A_deleted_file_may_come_back_with_what_was_durable_of_it()
    {
        using var file = _disk.CreateDurable("a", 1);
        file.Write(0, [2]);
        _disk.Delete("a");
        Assert.Equal(["", "a"], Lists("").Order());
        Assert.Equal([1], _disk.PeekCrash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
        _disk.SyncDirectory("");
        Assert.Equal([""], Lists(""));
    }

    [Fact]
    public void A_rename_that_replaces_leaves_the_one_or_the_other()
    {
        _disk.CreateDurable("a", 1).Dispose();
        _disk.CreateDurable("a.new", 2).Dispose();
        _disk.Rename("a.new", "a");
        var seen = Draw().Select(found => $"{string.Join(' ', found.List(""))}: {found.ReadAll("a")[0]}").Distinct();
        Assert.Equal(["a: 2", "a a.new: 1"], seen.OrderDescending());
        _disk.SyncDirectory("");
        Assert.All(Draw(), found => Assert.Equal([2], found.ReadAll("a")));
        Assert.Equal(["a"], Lists(""));
    }

    [Fact]
    public void A_rename_of_what_was_not_synced_may_leave_nothing_inside()
    {
        _disk.CreateDurable("a", 1).Dispose();
        using (var file = _disk.Create("a.new", 0))
            file.Write(0, [2]);
        _disk.Rename("a.new", "a");
        _disk.SyncDirectory("");
        Assert.Empty(_disk.Crash(new Random(1), CrashMode.LoseAll).ReadAll("a"));
    }

    [Fact]
    public void A_rename_across_directories_leaves_the_file_once()
    {
        _disk.MakeDirectory("d");
        _disk.MakeDirectory("e");
        _disk.SyncDirectory("");
        _disk.CreateDurable("d/a", 1).Dispose();
        _disk.Create("d/other", 0).Dispose();
        _disk.Rename("d/a", "e/b");
        Assert.Equal(["a other|", "a|", "other|b"], Lists("d", "e").Order(StringComparer.Ordinal));
        _disk.NamesSurviveApart = true;
        Assert.Equal(["a other|", "a|", "other|b", "|b"], Lists("d", "e").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("d")]
    [InlineData("e")]
    public void A_sync_of_either_directory_makes_the_rename_durable(string synced)
    {
        _disk.MakeDirectory("d");
        _disk.MakeDirectory("e");
        _disk.SyncDirectory("");
        _disk.CreateDurable("d/a", 1).Dispose();
        _disk.Create("e/b", 0).Dispose();
        _disk.Rename("d/a", "e/b");
        _disk.SyncDirectory(synced);
        Assert.Equal(["|b"], Lists("d", "e"));
        Assert.Equal([1], _disk.Crash(new Random(1), CrashMode.LoseAll).ReadAll("e/b"));
    }

    [Fact]
    public void A_durable_rename_takes_with_it_that_the_old_name_was_given()
    {
        _disk.MakeDirectory("d");
        _disk.MakeDirectory("e");
        _disk.SyncDirectory("");
        _disk.Create("d/a", 0).Dispose();
        _disk.Rename("d/a", "e/b");
        _disk.SyncDirectory("e");
        Assert.Equal(["|b"], Lists("d", "e"));
    }

    [Fact]
    public void A_sync_of_one_directory_leaves_the_others_unsynced()
    {
        _disk.MakeDirectory("d");
        _disk.SyncDirectory("");
        _disk.Create("a", 0).Dispose();
        _disk.Create("d/b", 0).Dispose();
        _disk.SyncDirectory("d");
        Assert.Equal(["a|b", "|b"], Lists("", "d").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_takes_its_files_with_it()
    {
        _disk.MakeDirectory("d/e");
        _disk.CreateDurable("d/e/a", 1).Dispose();
        Assert.Equal(["", "a"], Lists("d/e").Order());
        _disk.SyncDirectory("d");
        Assert.Equal(["", "a"], Lists("d/e").Order());
        _disk.SyncDirectory("");
        Assert.Equal(["a"], Lists("d/e"));
    }

    [Fact]
    public void The_names_of_a_directory_come_in_their_order()
    {
        foreach (var name in (string[])["c", "a", "b"])
            _disk.Create(name, 0).Dispose();
        Assert.Equal(["", "a b c", "a c", "c"], Lists("").Order());
    }

    [Fact]
    public void Names_that_survive_apart_come_in_any_order()
    {
        _disk.NamesSurviveApart = true;
        _disk.CreateDurable("a", 1).Dispose();
        _disk.Delete("a");
        _disk.Create("a", 0).Dispose();
        _disk.Create("b", 0).Dispose();
        _disk.Rename("b", "c");
        Assert.Equal(["", "a", "a b", "a c", "b", "c"], Lists("").Order());
        Assert.True(_disk.PeekCrash(new Random(1)).NamesSurviveApart);
    }

    [Fact]
    public void A_name_that_was_given_twice_means_the_one_or_the_other()
    {
        _disk.CreateDurable("a", 1).Dispose();
        _disk.Delete("a");
        using (var file = _disk.Create("a", 0))
        {
            file.Write(0, [2, 2]);
            file.Sync();
        }
        var seen = Draw().Select(found => found.List("").Count == 0 ? 0 : found.ReadAll("a").Length).ToHashSet();
        Assert.Equal([0, 1, 2], seen.Order());
    }

    /// <summary>Crashes in all modes.</summary>
    private IEnumerable<FaultyDisk> Draw() =>
        Enumerable.Range(0, Draws).Select(seed => _disk.PeekCrash(new Random(seed)));

    /// <summary>The lists that are found: of a directory joined by ' ', of several joined by '|'.</summary>
    private HashSet<string> Lists(params string[] directories) =>
        [.. Draw().Select(found => string.Join('|', directories.Select(d => string.Join(' ', found.List(d)))))];
}
