using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Warren.Storage.Disk;

public sealed class FileDiskTests : DiskContract, IDisposable
{
    private const UnixFileMode OwnerDirectory =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _directory = new();

    public FileDiskTests() => Disk = new FileDisk(_directory["root"]);

    protected override IDisk Disk { get; }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_root_is_made_with_its_parents()
    {
        var disk = new FileDisk(_directory["x/y/z"]);
        disk.Create("a", 0).Dispose();
        Assert.True(File.Exists(_directory["x/y/z/a"]));
        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(_directory["x"]));
        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(_directory["x/y/z"]));
    }

    [Fact]
    public void A_root_that_is_there_keeps_its_mode()
    {
        var mode = OwnerDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        Directory.CreateDirectory(_directory["x"]);
        File.SetUnixFileMode(_directory["x"], mode);
        new FileDisk(_directory["x"]).MakeDirectory("y");
        Assert.Equal(mode, File.GetUnixFileMode(_directory["x"]));
        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(_directory["x/y"]));
    }

    [Fact]
    public void A_root_that_cannot_be_made_is_named()
    {
        File.WriteAllText(_directory["file"], "");
        var error = Assert.Throws<DiskException>(() => new FileDisk(_directory["file/x"]));
        Assert.StartsWith($"Cannot make the directory {_directory["file"]}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_stays_open_when_its_stream_is_collected()
    {
        using var file = Disk.Create("a", 0);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        file.Write(0, [1]);
        Assert.Equal([1], file.ReadAll());
    }

    [Fact]
    public void A_reservation_takes_its_space_at_once()
    {
        using var file = Disk.Create("a", 4 << 20);
        var blocks = long.Parse(Output("stat", "-c", "%b", _directory["root/a"]), CultureInfo.InvariantCulture);
        Assert.True(blocks * 512 >= 4 << 20, $"{blocks} blocks of 512 bytes");
    }

    [Fact]
    public void A_full_device_has_no_space()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using var full = new FileDisk("/dev").Open("full");
        var error = Assert.Throws<DiskException>(() => full.Write(512, [1, 2, 3]));
        Assert.Equal(DiskFailure.NoSpace, error.Failure);
        Assert.Equal(
            "Cannot write 3 bytes at 512 of /dev/full: No space left on device. Free space on its file system.",
            error.Message);
    }

    [Fact]
    public void A_failed_sync_is_told()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux refuses to sync /dev/null");
        using var device = new FileDisk("/dev").Open("null");
        Assert.Equal(
            "Cannot sync /dev/null: Invalid argument.", Assert.Throws<DiskException>(device.Sync).Message);
    }

    [Fact]
    public void Free_bytes_are_the_file_systems()
    {
        var before = new DriveInfo(_directory.Path).AvailableFreeSpace;
        Assert.InRange(Disk.FreeBytes, before / 2, before * 2);
        Directory.Delete(_directory["root"]);
        Assert.Equal(DiskFailure.Missing, Assert.Throws<DiskException>(() => Disk.FreeBytes).Failure);
    }

    [Fact]
    public void A_small_file_system_runs_full_and_is_served_again()
    {
        Directory.CreateDirectory(_directory["small"]);
        Assert.SkipUnless(
            OperatingSystem.IsLinux()
            && Run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", _directory["small"]).ExitCode == 0,
            "mounting a file system takes root on Linux");
        try
        {
            var disk = new FileDisk(_directory["small"]);
            Assert.InRange(disk.FreeBytes, 1, 1 << 20);
            Assert.Equal(DiskFailure.NoSpace, Assert.Throws<DiskException>(() => disk.Create("a", 2 << 20)).Failure);
            Assert.Empty(disk.List(""));
            using var reserved = disk.Create("reserved", 512 << 10);
            using var file = disk.Create("file", 0);
            var half = DiskBytes.Repeat(1, 512 << 10);
            var error = Assert.Throws<DiskException>(() => file.Write(0, half, [1]));
            Assert.Equal(DiskFailure.NoSpace, error.Failure);
            // What was reserved is still there to be written.
            reserved.Write(0, half);
            reserved.Sync();
            disk.Delete("reserved");
            reserved.Dispose();
            file.Write(0, half, [1]);
            file.Sync();
            Assert.Equal([.. half, 1], file.ReadAll());
        }
        finally
        {
            // Lazily, so that a file left open by a failure does not keep it mounted.
            Run("umount", "-l", _directory["small"]);
        }
    }

    [Theory]
    [InlineData(DiskErrors.NoSpace, DiskFailure.NoSpace, "Free space")]
    [InlineData(DiskErrors.QuotaExceeded, DiskFailure.NoSpace, "quota")]
    [InlineData(DiskErrors.NoEntry, DiskFailure.Missing, "No such file")]
    [InlineData(DiskErrors.AccessDenied, DiskFailure.Other, "must belong to the user")]
    [InlineData(DiskErrors.NotPermitted, DiskFailure.Other, "must belong to the user")]
    [InlineData(DiskErrors.ReadOnly, DiskFailure.Other, "writable")]
    [InlineData(DiskErrors.InputOutput, DiskFailure.Other, "kernel's log")]
    [InlineData(DiskErrors.TooManyOpenFiles, DiskFailure.Other, "limit of open files")]
    public void What_the_system_says_comes_with_what_to_do(int number, DiskFailure failure, string advice)
    {
        var raw = new IOException("as .NET puts it", number);
        foreach (var cause in (Exception[])[raw, new UnauthorizedAccessException("no", raw)])
        {
            var error = DiskErrors.From("write", "/x", cause);
            Assert.Equal(failure, error.Failure);
            Assert.StartsWith("Cannot write /x: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(advice, error.Message, StringComparison.Ordinal);
            Assert.Same(cause, error.InnerException);
        }
    }

    [Fact]
    public void Without_permission_it_says_whose_the_directory_must_be()
    {
        Assert.SkipWhen(Environment.UserName == "root", "root may do everything");
        File.SetUnixFileMode(_directory["root"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = Assert.Throws<DiskException>(() => Disk.Create("a", 0));
        Assert.Contains("must belong to the user that runs the node", error.Message, StringComparison.Ordinal);
    }

    private static string Output(string program, params string[] arguments) => Run(program, arguments).Output;

    private static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
