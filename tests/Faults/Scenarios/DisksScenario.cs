using System.Globalization;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// Three nodes with a disk each, under load. The disk of one that leads all queues, and then of one that leads none,
/// stands still, alone and with another's, is slow, is full down to the disk alarm's limit, and to its last byte.
/// Nothing is lost, nobody is refused, and all goes on afterwards; for how long nobody got a confirm is told, not
/// judged.
/// </summary>
internal sealed class DisksScenario(int seed, RunLength length, Action<string> report)
{
    private const int DiskMebibytes = 1024;
    private const int Rounds = 3;

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(0.8);
    private static readonly TimeSpan Brief = TimeSpan.FromSeconds(4);

    // Longer than anybody waits for a node that says nothing.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);

    /// <summary>Why it cannot be run here; null: it can.</summary>
    public static async Task<string?> WhyNotAsync(RunLength length)
    {
        // Each round fills one node's disk.
        long neededBytes = (length == RunLength.Full ? Rounds : 1) * ((long)DiskMebibytes << 20);
        return HostDisk.WhyNoSpace(neededBytes) ?? await HostDisk.WhyNotAsync();
    }

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"disks: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3, DiskMebibytes);
        ReplicatedLoad? load = null;
        try
        {
            // Who leads is up to the strikes.
            foreach (Host host in lab.Hosts)
                host.Configuration += JoinedHosts.LeadersStay + "disk_free_limit.absolute = 64MB\n";
            var cluster = new JoinedHosts(lab, report);
            await cluster.FormAsync();
            load = new ReplicatedLoad(cluster, seed);
            await load.DeclareAsync();
            var strikes = new Strikes(load, report);
            var random = new Random(seed);
            for (int round = 0; round < (length == RunLength.Full ? Rounds : 1); round++)
            {
                Host host = lab.Hosts[random.Next(lab.Hosts.Count)];
                Host other = lab.Hosts.First(one => one != host);
                await StrikeAllAsync(strikes, host, other, leader: host);
                if (length != RunLength.Brief)
                    await StrikeAllAsync(strikes, host, other, leader: other);
            }
            report($"disks: {load.Done}");
            report($"disks: what was answered\n{load.Answers}");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, load?.Answers);
        }
    }

    private async Task StrikeAllAsync(Strikes strikes, Host host, Host other, Host leader)
    {
        HostDisk disk = host.Disk!;
        await strikes.StrikeAsync(
            host, leader, $"its disk stands still for {Seconds(Brief)} s", () => disk.StallAsync(Brief));
        await strikes.StrikeAsync(
            host, leader, "its disk is full", () => FullAsync(disk, leftBytes: 0));
        if (length == RunLength.Brief)
            return;
        await strikes.StrikeAsync(
            host, leader, $"its disk stands still for {Seconds(Moment)} s", () => disk.StallAsync(Moment));
        await strikes.StrikeAsync(
            host, leader, $"its disk stands still for {Seconds(Long)} s", () => disk.StallAsync(Long));
        await strikes.StrikeAsync(
            host, leader, $"its disk and that of {other.Name} stand still for {Seconds(Brief)} s",
            () => Task.WhenAll(disk.StallAsync(Brief), other.Disk!.StallAsync(Brief)));
        await strikes.StrikeAsync(
            host, leader, "its disk is slow", () => SlowAsync(disk));
        await strikes.StrikeAsync(
            host, leader, "its disk has less free than the limit", () => FullAsync(disk, 32 << 20));
    }

    // Each write waits for a while.
    private static async Task SlowAsync(HostDisk disk)
    {
        for (long since = Answers.Now; TimeProvider.System.GetElapsedTime(since) < Brief;)
            await disk.StallAsync(TimeSpan.FromSeconds(0.2));
    }

    private static async Task FullAsync(HostDisk disk, long leftBytes)
    {
        await disk.FillAsync(leftBytes);
        await Task.Delay(Brief);
        await disk.FreeAsync();
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
