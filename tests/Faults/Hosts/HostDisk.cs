using System.Globalization;

namespace Warren.Faults.Hosts;

/// <summary>
/// A disk of a machine's own under its node's data: a file with a file system, which can be full and can stand still.
/// Whoever writes to one that stands still, or waits for a sync, waits until it goes on, kill or no kill; reading goes
/// on. It goes with the machine.
/// </summary>
internal sealed class HostDisk
{
    /// <summary>Where it is on its machine.</summary>
    public const string Place = "/var/lib/rabbitmq";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Host _host;

    private HostDisk(Host host) => _host = host;

    /// <summary>Which of the tools is missing, or what the kernel does not let us do; null: nothing.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (await HostLab.MissingAsync("mkfs.ext4", "fsfreeze", "fallocate") is { } missing)
            return missing;
        string directory = Directory.CreateTempSubdirectory("warren-disk-").FullName;
        try
        {
            // The mount goes with its namespace, and its device with the mount.
            string line = $"{Mounting(directory, 16, $"{directory}/disk")} && fsfreeze -f {directory}/disk "
                + $"&& fsfreeze -u {directory}/disk";
            CommandResult tried = await Shell.RunAsync(
                line, ["unshare", "--mount", "/bin/sh", "-c", $"mkdir {directory}/disk && {line}"], Patience);
            return tried.Code == 0 ? null : $"no file system in a file can be mounted and frozen: {tried.Error.Trim()}";
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
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
        // One line that also ends it: it must go on whatever becomes of us, or the machine's end waits for it for ever.
        // What is written meanwhile must have waited, or nothing was tried.
        string seconds = length.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        string said = await _host.MustFromOutsideAsync(
            $"fsfreeze -f {Place} && {{ (touch {Place}/probe; echo written) & sleep {seconds}; echo over; }}; "
            + $"fsfreeze -u {Place} && wait", length + Patience);
        if (said != "over\nwritten\n")
            throw new FaultException($"{_host.Name}'s disk was to stand still for {seconds} s: {said}");
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

    private static string Mounting(string directory, int mebibytes, string place) =>
        $"truncate -s {mebibytes}M {directory}/disk.img && mkfs.ext4 -q -F -m 0 {directory}/disk.img "
        + $"&& mount -o loop {directory}/disk.img {place}";
}
