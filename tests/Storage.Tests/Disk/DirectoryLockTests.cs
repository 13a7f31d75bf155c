using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Warren.Storage.Disk;

public sealed class DirectoryLockTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_second_is_told_who_has_it()
    {
        using var first = DirectoryLock.Take(_directory["data"]);
        var error = Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
        Assert.Equal(DiskFailure.Locked, error.Failure);
        Assert.Equal(
            $"Cannot use the data directory {_directory["data"]}: the process {Environment.ProcessId} is using it, and "
            + "only one may at a time. Stop that process first, or give this node a directory of its own.",
            error.Message);
    }

    [Fact]
    public void A_refused_second_takes_nothing_from_the_first()
    {
        using var first = DirectoryLock.Take(_directory["data"]);
        Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
        Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
    }

    [Fact]
    public void What_is_released_may_be_taken()
    {
        var first = DirectoryLock.Take(_directory["data"]);
        first.Dispose();
        using var second = DirectoryLock.Take(_directory["data"]);
        first.Dispose();
        Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
    }

    /// <summary>As a child process has it between its fork and its program's start.</summary>
    [Fact]
    public void Who_has_the_file_open_still_holds_nothing()
    {
        var first = DirectoryLock.Take(_directory["data"]);
        var path = Path.GetFullPath(_directory["data/lock"]);
        var opened = Directory.GetFiles("/proc/self/fd").First(file =>
            File.ResolveLinkTarget(file, returnFinalTarget: false)?.FullName == path);
        var number = int.Parse(Path.GetFileName(opened), CultureInfo.InvariantCulture);
        using var copy = new SafeFileHandle(Duplicate(number), ownsHandle: true);
        Assert.False(copy.IsInvalid);
        first.Dispose();
        using var second = DirectoryLock.Take(_directory["data"]);
    }

    [Fact]
    public void Other_directories_are_free()
    {
        using var first = DirectoryLock.Take(_directory["data"]);
        using var second = DirectoryLock.Take(_directory["other"]);
    }

    [Fact]
    public void What_an_earlier_holder_left_is_overwritten()
    {
        Directory.CreateDirectory(_directory["data"]);
        File.WriteAllText(_directory["data/lock"], "123456789012345678901234567890");
        using var taken = DirectoryLock.Take(_directory["data"]);
        var error = Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
        Assert.Contains($"the process {Environment.ProcessId} is", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_cannot_be_made_is_named()
    {
        Directory.CreateDirectory(_directory["data/lock"]);
        var error = Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
        Assert.Equal(DiskFailure.Other, error.Failure);
        Assert.Contains(_directory["data/lock"], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_process_holds_nothing()
    {
        using var holder = StartHolder();
        try
        {
            var lines = new List<string>();
            while (await holder.StandardOutput.ReadLineAsync() is { } line)
            {
                lines.Add(line);
                if (line == "held")
                    break;
            }
            Assert.True(lines is [.., "held"], string.Join('\n', lines));
            var error = Assert.Throws<DiskException>(() => DirectoryLock.Take(_directory["data"]));
            Assert.Equal(DiskFailure.Locked, error.Failure);
            var process = Regex.Match(error.Message, "the process (\\d+) is using it").Groups[1].Value;
            Assert.Equal(holder.Id.ToString(CultureInfo.InvariantCulture), process);
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync();
        }
        using var taken = DirectoryLock.Take(_directory["data"]);
    }

    [DllImport("libc", EntryPoint = "dup")]
    private static extern int Duplicate(int opened);

    private Process StartHolder()
    {
        var assembly = typeof(DirectoryLockTests).Assembly.Location;
        var program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { [DirectoryLockHolder.Variable] = _directory["data"] },
        };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(assembly);
        var method = $"*.{nameof(DirectoryLockHolder.Holds_until_killed)}";
        foreach (var argument in (string[])["-explicit", "only", "-method", method])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
