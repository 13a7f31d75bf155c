using Xunit;

namespace Warren.Storage.Disk;

/// <summary>What every disk does alike while nothing fails. A class for each disk runs it.</summary>
public abstract class DiskContract
{
    protected abstract IDisk Disk { get; }

    [Fact]
    public void What_was_written_is_read_piece_behind_piece()
    {
        using var file = Disk.Create("a", 0);
        file.Write(3, [1, 2], [], [3], [4, 5, 6]);
        Assert.Equal([0, 0, 0, 1, 2, 3, 4, 5, 6], file.ReadAll());
        file.Write(4, [9], [8]);
        Assert.Equal([0, 0, 0, 1, 9, 8, 4, 5, 6], file.ReadAll());
        Assert.Equal(9, file.LengthBytes);
    }

    [Fact]
    public void A_write_may_have_more_pieces_than_one_system_call_takes()
    {
        using var file = Disk.Create("a", 0);
        var pieces = Enumerable.Range(0, 5000).Select(i => new byte[] { (byte)i, (byte)(i >> 8) }).ToArray();
        file.Write(1, pieces);
        Assert.Equal([0, .. pieces.SelectMany(piece => piece)], file.ReadAll());
    }

    [Fact]
    public void A_large_write_is_read_whole()
    {
        var bytes = new byte[20_000_001];
        new Random(1).NextBytes(bytes);
        using var file = Disk.Create("a", 0);
        file.Write(511, bytes[..7_000_000], bytes[7_000_000..]);
        Assert.True(bytes.AsSpan().SequenceEqual(file.ReadAll().AsSpan(511)));
    }

    [Fact]
    public void Writing_nothing_changes_nothing()
    {
        using var file = Disk.Create("a", 0);
        file.Write(100);
        file.Write(100, []);
        Assert.Equal(0, file.LengthBytes);
    }

    [Fact]
    public void Reads_end_with_the_file()
    {
        using var file = Disk.Create("a", 0);
        file.Write(0, [1, 2, 3]);
        var buffer = new byte[10];
        Assert.Equal(2, file.Read(1, buffer));
        Assert.Equal([2, 3, 0, 0, 0, 0, 0, 0, 0, 0], buffer);
        Assert.Equal(0, file.Read(3, buffer));
        Assert.Equal(0, file.Read(1L << 33, buffer));
        Assert.Equal(0, file.Read(0, []));
    }

    [Fact]
    public void Allocated_bytes_count_and_read_as_zeros()
    {
        using var file = Disk.Create("a", 100_000);
        Assert.Equal(100_000, file.LengthBytes);
        file.Write(50_000, [7]);
        var expected = new byte[100_000];
        expected[50_000] = 7;
        Assert.Equal(expected, file.ReadAll());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1024)]
    [InlineData(2500)]
    [InlineData(131_072)]
    [InlineData(199_999)]
    public void What_was_cut_off_does_not_come_back(int length)
    {
        using var file = Disk.Create("a", 0);
        file.Write(0, DiskBytes.Repeat(1, 200_000));
        file.SetLength(length);
        Assert.Equal(length, file.LengthBytes);
        file.SetLength(300_000);
        Assert.Equal([.. DiskBytes.Repeat(1, length), .. new byte[300_000 - length]], file.ReadAll());
    }

    [Fact]
    public void Two_openings_see_one_file()
    {
        using var first = Disk.Create("a", 0);
        using var second = Disk.Open("a");
        first.Write(0, [1, 2]);
        Assert.Equal([1, 2], second.ReadAll());
        second.Write(2, [3]);
        second.Sync();
        Assert.Equal([1, 2, 3], first.ReadAll());
    }

    [Fact]
    public void What_was_synced_is_still_there()
    {
        using var file = Disk.Create("a", 4096);
        file.Write(10, [1, 2]);
        file.Sync();
        Assert.Equal([1, 2], file.ReadAll()[10..12]);
        Assert.Equal(4096, file.LengthBytes);
    }

    [Fact]
    public void A_name_is_given_once()
    {
        Disk.MakeDirectory("d");
        using (var file = Disk.Create("d/a", 0))
            file.Write(0, [1]);
        Assert.Equal(DiskFailure.Other, Refused(() => Disk.Create("d/a", 10)).Failure);
        Assert.Equal(DiskFailure.Other, Refused(() => Disk.Create("d", 0)).Failure);
        Assert.Equal([1], Disk.ReadAll("d/a"));
    }

    [Fact]
    public void What_is_not_there_is_missing()
    {
        Assert.Equal(DiskFailure.Missing, Refused(() => Disk.Open("a")).Failure);
        Assert.Equal(DiskFailure.Missing, Refused(() => Disk.Open("d/a")).Failure);
        Assert.Equal(DiskFailure.Missing, Refused(() => Disk.Create("d/a", 0)).Failure);
        Assert.Equal(DiskFailure.Missing, Refused(() => Disk.Rename("a", "b")).Failure);
        Assert.Equal(DiskFailure.Missing, Refused(() => Disk.SyncDirectory("d")).Failure);
        Disk.Create("a", 0).Dispose();
        Assert.Equal(DiskFailure.Missing, Refused(() => Disk.Rename("a", "d/b")).Failure);
        Assert.Equal(["a"], Disk.List(""));
    }

    [Fact]
    public void A_refusal_names_the_operation_and_the_path()
    {
        Disk.MakeDirectory("d");
        Assert.Matches("^Cannot open .*d/missing: .+\\.$", Refused(() => Disk.Open("d/missing")).Message);
        Assert.Matches(
            "^Cannot rename to .*d/b the file .*d/a: .+\\.$", Refused(() => Disk.Rename("d/a", "d/b")).Message);
    }

    [Fact]
    public void A_directory_is_no_file()
    {
        Disk.MakeDirectory("d");
        Disk.Create("a", 0).Dispose();
        Refused(() => Disk.Open("d"));
        Refused(() => Disk.Delete("d"));
        Refused(() => Disk.Rename("a", "d"));
        Refused(() => Disk.Rename("d", "e"));
        Refused(() => Disk.MakeDirectory("a"));
        Refused(() => Disk.MakeDirectory("a/b"));
        Disk.Create("d/x", 0).Dispose();
        Assert.Equal(["a"], Disk.List(""));
        Assert.Equal(["x"], Disk.List("d"));
    }

    [Fact]
    public void A_rename_replaces_and_leaves_what_is_open()
    {
        using var first = Disk.Create("a", 0);
        using var second = Disk.Create("b", 0);
        first.Write(0, [1]);
        second.Write(0, [2]);
        Disk.Rename("a", "b");
        Assert.Equal(["b"], Disk.List(""));
        Assert.Equal([1], Disk.ReadAll("b"));
        second.Write(1, [3]);
        Assert.Equal([2, 3], second.ReadAll());
        first.Write(1, [4]);
        Assert.Equal([1, 4], Disk.ReadAll("b"));
    }

    [Fact]
    public void A_rename_goes_across_directories_and_to_itself()
    {
        Disk.MakeDirectory("d/e");
        using (var file = Disk.Create("d/a", 0))
            file.Write(0, [1]);
        Disk.Rename("d/a", "d/e/b");
        Disk.Rename("d/e/b", "d/e/b");
        Assert.Empty(Disk.List("d"));
        Assert.Equal(["b"], Disk.List("d/e"));
        Assert.Equal([1], Disk.ReadAll("d/e/b"));
    }

    [Fact]
    public void A_deleted_file_lives_as_long_as_it_is_open()
    {
        using var file = Disk.Create("a", 0);
        file.Write(0, [1]);
        Disk.Delete("a");
        Assert.Empty(Disk.List(""));
        file.Write(1, [2]);
        file.Sync();
        Assert.Equal([1, 2], file.ReadAll());
        using (var other = Disk.Create("a", 0))
            other.Write(0, [9]);
        Assert.Equal([1, 2], file.ReadAll());
    }

    [Fact]
    public void Deleting_what_is_not_there_does_nothing()
    {
        Disk.Delete("a");
        Disk.Delete("d/a");
    }

    [Fact]
    public void A_list_has_the_files_in_ordinal_order()
    {
        Disk.MakeDirectory("d/e");
        foreach (var name in (string[])["b", "a", "B", "10", "9", "d/y", "d/x", "d/e/z"])
            Disk.Create(name, 0).Dispose();
        Assert.Equal(["10", "9", "B", "a", "b"], Disk.List(""));
        Assert.Equal(["x", "y"], Disk.List("d"));
        Assert.Equal(["z"], Disk.List("d/e"));
        Assert.Empty(Disk.List("none"));
    }

    [Fact]
    public void Directories_are_made_with_their_parents_and_once()
    {
        Disk.MakeDirectory("d/e/f");
        Disk.MakeDirectory("d/e/f");
        Disk.MakeDirectory("");
        Disk.Create("d/e/f/a", 0).Dispose();
        Disk.SyncDirectory("d/e/f");
        Disk.SyncDirectory("d/e");
        Disk.SyncDirectory("");
        Assert.Equal(["a"], Disk.List("d/e/f"));
    }

    [Fact]
    public void A_closed_file_refuses_everything()
    {
        var file = Disk.Create("a", 10);
        file.Dispose();
        file.Dispose();
        Refused(() => file.LengthBytes);
        Refused(() => file.Read(0, new byte[1]));
        Refused(() => file.Write(0, [1]));
        Refused(() => file.SetLength(5));
        Refused(file.Sync);
        Assert.Equal(new byte[10], Disk.ReadAll("a"));
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    public void A_path_stays_below_the_root(string path)
    {
        Assert.Throws<ArgumentException>(() => Disk.Create(path, 0));
        Assert.Throws<ArgumentException>(() => Disk.Open(path));
        Assert.Throws<ArgumentException>(() => Disk.Delete(path));
        Assert.Throws<ArgumentException>(() => Disk.Rename(path, "a"));
        Assert.Throws<ArgumentException>(() => Disk.Rename("a", path));
        Assert.Throws<ArgumentException>(() => Disk.List(path));
        Assert.Throws<ArgumentException>(() => Disk.MakeDirectory(path));
        Assert.Throws<ArgumentException>(() => Disk.SyncDirectory(path));
    }

    [Fact]
    public void Nothing_is_below_zero()
    {
        using var file = Disk.Create("a", 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => Disk.Create("b", -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(-1, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Write(-1, [1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.SetLength(-1));
        Assert.Equal(["a"], Disk.List(""));
    }

    [Fact]
    public void Some_space_is_free() => Assert.True(Disk.FreeBytes > 0);

    [Fact]
    public async Task Reads_go_on_beside_writes()
    {
        const int blockBytes = 1000;
        using var file = Disk.Create("a", 0);
        var written = 0;
        var reader = Task.Factory.StartNew(
            () =>
            {
                var buffer = new byte[blockBytes];
                for (var i = 0; i < 500;)
                {
                    if (i == Volatile.Read(ref written))
                        continue;
                    Assert.Equal(blockBytes, file.Read((long)i * blockBytes, buffer));
                    Assert.Equal(DiskBytes.Repeat((byte)i, blockBytes), buffer);
                    i++;
                }
            },
            TaskCreationOptions.LongRunning);
        for (var i = 0; i < 500; i++)
        {
            file.Write((long)i * blockBytes, DiskBytes.Repeat((byte)i, blockBytes));
            Volatile.Write(ref written, i + 1);
        }
        await reader;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_changes_leave_what_a_byte_array_would_hold(int seed)
    {
        var random = new Random(seed);
        var expected = Array.Empty<byte>();
        using var file = Disk.Create("a", 0);
        for (var i = 0; i < 300; i++)
        {
            var offset = random.Next(300_000);
            if (random.Next(5) == 0)
            {
                file.SetLength(offset);
                Array.Resize(ref expected, offset);
            }
            else
            {
                var bytes = new byte[random.Next(random.Next(2) == 0 ? 20 : 5000)];
                random.NextBytes(bytes);
                file.Write(offset, bytes);
                if (bytes.Length > 0 && expected.Length < offset + bytes.Length)
                    Array.Resize(ref expected, offset + bytes.Length);
                bytes.CopyTo(expected, Math.Min(offset, expected.Length - bytes.Length));
            }
            if (random.Next(10) == 0)
                file.Sync();
            Assert.True(expected.AsSpan().SequenceEqual(file.ReadAll()), $"seed {seed}, change {i}");
        }
    }

    private static DiskException Refused(Action action) => Assert.Throws<DiskException>(action);

    private static DiskException Refused(Func<object> action) => Assert.Throws<DiskException>(action);
}
