using Warren.Server.StorageTool;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Server.Tests.StorageTool;

/// <summary>
/// What operators are told of a directory, word for word (Golden), and that it is left as it was
/// (<see cref="StoredDirectory.Run"/>).
/// </summary>
public sealed class StorageCommandTests : IDisposable
{
    private readonly StoredDirectory _directory = new();

    [Fact]
    public void A_sound_directory_is_explained() => Expect("sound", "check");

    [Fact]
    public void A_flipped_bit_in_a_body_costs_that_message()
    {
        _directory.Flip("log/0000000001.seg", 1800);
        Expect("body", "check");
    }

    [Fact]
    public void A_flipped_bit_in_a_head_behind_the_checkpoint_makes_all_groups_unsound()
    {
        _directory.Flip("log/0000000003.seg", 700);
        Expect("head", "check");
    }

    [Fact]
    public void A_flipped_bit_in_a_segment_header_costs_nothing()
    {
        _directory.Flip("log/0000000001.seg", 20);
        Expect("header", "check");
    }

    [Fact]
    public void A_cut_segment_costs_what_lay_behind()
    {
        _directory.Cut("log/0000000002.seg", 600);
        Expect("cut", "check");
    }

    [Fact]
    public void A_missing_segment_costs_what_lay_in_it()
    {
        _directory.Delete("log/0000000002.seg");
        Expect("missing", "check");
    }

    [Fact]
    public void A_damaged_checkpoint_costs_nothing()
    {
        _directory.Flip("checkpoint/0000000001.ckp", 20);
        Expect("checkpoint", "check");
    }

    [Fact]
    public void Records_are_written_out_line_by_line() => Expect("dump", "dump");

    [Fact]
    public void Records_are_selected_and_bodies_written_out() =>
        Expect("dump-selected", "dump", "--group", "1000", "--from", "9", "--bodies");

    [Fact]
    public void A_damaged_body_is_named_in_its_line()
    {
        _directory.Flip("log/0000000001.seg", 1800);
        Expect("dump-damaged", "dump", "--segment", "1");
    }

    [Fact]
    public void A_directory_in_use_is_refused()
    {
        using DirectoryLock held = DirectoryLock.Take(_directory.Root);
        using var output = new StringWriter();

        Assert.Equal(StorageCommand.Unreadable, StorageCommand.Run(["check", _directory.Root], output, output));

        Assert.StartsWith(
            $"Cannot use the data directory {_directory.Root}: the process {Environment.ProcessId} is using it",
            output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void No_node_can_start_while_a_directory_is_looked_at()
    {
        using (DirectoryLock? one = DirectoryLock.TakeToRead(_directory.Root))
        using (DirectoryLock? other = DirectoryLock.TakeToRead(_directory.Root))
        {
            Assert.NotNull(one);
            Assert.NotNull(other);
            DiskException error = Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory.Root));
            Assert.Equal(DiskFailure.Locked, error.Failure);
        }
        DirectoryLock.Take(_directory.Root).Dispose();
    }

    [Theory]
    [InlineData("expected \"check\" or \"dump\" behind \"storage\"; found nothing")]
    [InlineData("expected \"check\" or \"dump\" behind \"storage\"; found \"mend\"", "mend")]
    [InlineData("storage check does not know \"--bodies\"", "check", "--bodies")]
    [InlineData("expected a number behind --group; found \"all\"", "dump", "--group", "all")]
    [InlineData("expected a number behind --from; found \"nothing\"", "dump", "--from")]
    [InlineData("Cannot open the directory /nowhere/at/all", "check", "/nowhere/at/all")]
    public void What_is_not_understood_is_said(string expected, params string[] arguments)
    {
        using var output = new StringWriter();

        Assert.Equal(StorageCommand.Unreadable, StorageCommand.Run(arguments, output, output));

        Assert.StartsWith(expected, output.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private void Expect(string golden, params string[] command)
    {
        string found = _directory.Run(command);
        string path = Path.Combine(AppContext.BaseDirectory, "StorageTool", "Golden", golden + ".txt");
        Assert.Equal(File.ReadAllText(path), found);
    }
}
