using System.Diagnostics;
using Warren.Faults.Hosts;
using Xunit;

namespace Warren.Faults;

/// <summary>A disk that stands still goes on, and leaves no file, whatever becomes of who stopped it.</summary>
public sealed class HostDiskTests
{
    private const string Length = "3.000";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task A_disk_goes_on_when_who_stopped_it_was_killed()
    {
        string? reason = await HostLab.WhyNotAsync() ?? await HostDisk.WhyNotAsync();
        Assert.SkipUnless(reason is null, reason ?? "");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("warren-disk-");
        string place = directory.CreateSubdirectory("disk").FullName;
        using Process machine = Start(
            "unshare", "--mount", "/bin/sh", "-c",
            $"{HostDisk.Mounting(directory.FullName, 16, place)} && touch {place}/mounted && exec cat");
        string seen = $"/proc/{machine.Id}/root{place}";
        try
        {
            await UntilAsync(() => File.Exists($"{seen}/mounted"), "a file system");
            Assert.Equal(["disk"], directory.EnumerateFileSystemInfos().Select(static file => file.Name));

            using Process stall = OnMachine(machine, HostDisk.Stalling(place, TimeSpan.FromSeconds(3)));
            await UntilAsync(() => IsAsleep(stall), "a disk that stands still");
            stall.Kill(entireProcessTree: true);

            using Process write = OnMachine(machine, $"touch {place}/written");
            await UntilAsync(() => write.HasExited, "a disk that goes on");
            Assert.True(File.Exists($"{seen}/written"));
        }
        finally
        {
            using (Process thaw = OnMachine(machine, $"fsfreeze -u {place} 2> /dev/null"))
                thaw.WaitForExit(Patience);
            machine.Kill();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Disks_that_have_no_room_are_told_of()
    {
        Assert.Null(HostDisk.WhyNoSpace(neededBytes: 0));
        Assert.Contains("MiB free, and disks that fill up want 8796093022207", HostDisk.WhyNoSpace(long.MaxValue));
    }

    private static Process OnMachine(Process machine, string line) =>
        Start("nsenter", "--target", $"{machine.Id}", "--mount", "/bin/sh", "-c", line);

    private static Process Start(string program, params IReadOnlyList<string> arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true })!;

    // The file system stands still while a child of the line sleeps.
    private static bool IsAsleep(Process stall) =>
        File.ReadAllText($"/proc/{stall.Id}/task/{stall.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Any(static child => File.Exists($"/proc/{child}/cmdline")
                && File.ReadAllText($"/proc/{child}/cmdline") == $"sleep\0{Length}\0");

    private static async Task UntilAsync(Func<bool> isSo, string what)
    {
        long since = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                throw new FaultException($"{what} does not come");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }
}
