using System.Globalization;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;

namespace Warren.Faults.Scenarios;

/// <summary>
/// The node that leads all queues stands still, is cut off from the others, or from one of them only, for less than
/// anybody waits and for longer. Nothing is lost, no publish is refused, and only its own clients may have to move; for
/// how long nobody got a confirm is told.
/// </summary>
internal sealed class LeaderScenario(int seed, RunLength length, Action<string> report)
{
    private const int Rounds = 5;

    private static readonly TimeSpan Blip = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Brief = TimeSpan.FromSeconds(3);

    // Others have been handed what its clients had when it goes on.
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(8);

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"leader: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        ReplicatedLoad? load = null;
        try
        {
            // Who leads is up to the strikes.
            foreach (Host host in lab.Hosts)
                host.Configuration += JoinedHosts.LeadersStay;
            var cluster = new JoinedHosts(lab, report);
            await cluster.FormAsync();
            load = new ReplicatedLoad(cluster, seed);
            await load.DeclareAsync();
            var strikes = new Strikes(load, report);
            for (int round = 0; round < (length == RunLength.Full ? Rounds : 1); round++)
            {
                Host leader = lab.Hosts[((seed + round) % 3 + 3) % 3];
                foreach (TimeSpan time in (TimeSpan[])[Blip, Brief, GivenUp])
                    await StrikeAllAsync(strikes, lab, leader, time);
                report($"leader: {load.Done}");
            }
            report($"leader: what was answered\n{load.Answers}");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, load?.Answers);
        }
    }

    private static async Task StrikeAllAsync(Strikes strikes, HostLab lab, Host leader, TimeSpan time)
    {
        string within = $"for {time.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s";
        bool mayLose = time > Blip;
        await strikes.StrikeAsync(leader, leader, $"suspended {within}", async () =>
        {
            await leader.SuspendAsync();
            await Task.Delay(time);
            await leader.ResumeAsync();
        }, mayLose);
        await strikes.StrikeAsync(leader, leader, $"cut off {within}", async () =>
        {
            await lab.IsolateAsync(leader);
            await Task.Delay(time);
            await lab.HealAsync();
        }, mayLose);
        Host other = lab.Hosts.First(host => host != leader);
        await strikes.StrikeAsync(leader, leader, $"apart from {other.Name} alone {within}", async () =>
        {
            await HostLab.CutBothAsync(leader, other);
            await Task.Delay(time);
            await lab.HealAsync();
        });
    }
}
