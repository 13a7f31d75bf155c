using System.Globalization;

namespace Warren.Faults.Hosts;

/// <summary>
/// A disk of a machine's own under its node's data: a file with a file system, which can be full and can stand still.
/// Whoever writes to one that stands still, or waits for a sync, waits until it goes on, kill or no kill; reading goes
/// on. It goes with the machine, and its file with it, however the machine ends.
/// </summary>
internal sealed class HostDisk
{
    /// <summary>Where it is on its machine.</summary>
    public const string Place = "/var/lib/rabbitmq";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // How much longer than it was to a disk stands still when nobody is left to end it.
    private static readonly TimeSpan Orphaned = TimeSpan.FromSeconds(5);

    private readonly Host _host;

    private HostDisk(Host host) => _host = host;

    /// <summary>Which of the tools is missing, or what the kernel does not let us do; null: nothing.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (await HostLab.MissingAsync("mkfs.ext4", "fsfreeze", "fallocate", "setsid") is { } missing)
            return missing;
        string directory = Directory.CreateTempSubdirectory("warren-disk-").FullName;
        try
        {
            // The mount goes with its namespace, and its device with the mount.
            string place = $"{directory}/disk";
            string line = $"{Mounting(directory, 16, place)} && {Stalling(place, TimeSpan.Zero)}";
            CommandResult tried = await Shell.RunAsync(
                line, ["unshare", "--mount", "/bin/sh", "-c", $"mkdir {directory}/disk && {line}"], Patience);
            return tried.Code == 0 ? null : $"no file system in a file can be mounted and frozen: {tried.Error.Trim()}";
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>That files of so many bytes have no room here; null: they have.</summary>
    public static string? WhyNoSpace(long neededBytes)
    {
        string directory = Path.GetTempPath();
        long freeBytes = new DriveInfo(directory).AvailableFreeSpace;
        return freeBytes >= neededBytes
            ? null
            : $"{directory} has {freeBytes >> 20} MiB free, and disks that fill up want {neededBytes >> 20}";
    }

    /// <summary>Makes one.</summary>
    /// <param name="host">Whose; it has nothing at the place yet.</param>
    /// <param name="file">Where the file is to be.</param>
    /// <param name="mebibytes">Its size; the file has holes.</param>
    public static async Task<HostDisk> MountAsync(Host host, string file, int mebibytes)
    {
        await host.MustAsync(Mounting(Path.GetDirectoryName(file)!, mebibytes, Place));
        return new HostDisk(host);
    }

    /// <summary>Bytes that are free.</summary>
    public async Task<long> FreeBytesAsync() => long.Parse(
        (await _host.MustAsync($"df --output=avail -B1 {Place} | tail -1")).Trim(), CultureInfo.InvariantCulture);

    /// <summary>It stands still for so long.</summary>
    public async Task StallAsync(TimeSpan length)
    {
        string said = await _host.MustFromOutsideAsync(Stalling(Place, length), length + Patience);
        if (said != "over\nwritten\n")
            throw new FaultException($"{_host.Name}'s disk was to stand still for {Seconds(length)} s: {said}");
    }

    /// <summary>The shell's line that has a file system stand still; says "over" and then "written".</summary>
    internal static string Stalling(string place, TimeSpan length)
    {
        // It must go on whatever becomes of us, or the machine's end waits for it for ever: of Ctrl-C the line takes
        // no notice, and when it is killed with all that is ours, an orphan in a session of its own is left that ends
        // it. What is written meanwhile must have waited, or nothing was tried.
        string orphan = $"sleep {Seconds(length + Orphaned)}; fsfreeze -u {place}";
        return "trap '' INT TERM HUP; "
            + $"orphan=$(setsid /bin/sh -c '{orphan}' < /dev/null > /dev/null 2>&1 & echo $!); "
            + $"fsfreeze -f {place} "
            + $"&& {{ (touch {place}/probe; echo written) & sleep {Seconds(length)}; echo over; }}; "
            + $"fsfreeze -u {place} && kill -9 -$orphan && wait";
    }

    /// <summary>Something else takes its space but for so many bytes.</summary>
    public async Task FillAsync(long leftBytes)
    {
        long bytes = await FreeBytesAsync() - leftBytes;
        if (bytes > 0)
            await _host.RunAsync($"fallocate -l {bytes} {Place}/ballast");
        if (leftBytes == 0)
            await _host.RunAsync($"cat /dev/zero > {Place}/ballast.rest");
    }

    /// <summary>The space is free again.</summary>
    public Task FreeAsync() => _host.MustAsync($"rm -f {Place}/ballast {Place}/ballast.rest");

    // The file has no name any more when it is mounted: it goes with the mount, also when this process is killed.
    internal static string Mounting(string directory, int mebibytes, string place) =>
        $"truncate -s {mebibytes}M {directory}/disk.img && mkfs.ext4 -q -F -m 0 {directory}/disk.img "
        + $"&& mount -o loop {directory}/disk.img {place} && rm {directory}/disk.img";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
