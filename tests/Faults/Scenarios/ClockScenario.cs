using System.Globalization;
using System.Text.RegularExpressions;
using Warren.Amqp;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Scenarios;

/// <summary>
/// One of three nodes has a wall clock that is three hours ahead, then three hours behind: under load everything works,
/// what expires does so after its time and not before, and all nodes say whose clock is off by how much. Then the clock
/// is set by as much while the node runs, and while messages wait for their time.
/// </summary>
internal sealed class ClockScenario(int seed, bool isShort, Action<string> report)
{
    private const int TtlMs = 3000;
    private const int LongTtlMs = 2 * 60 * 60 * 1000;

    /// <summary>For a busy machine; three hours are something else.</summary>
    private static readonly TimeSpan MostLate = TimeSpan.FromSeconds(8);

    private readonly DefinitionNames _names = new();

    /// <summary>Which of the tools that it needs is missing, in a sentence; null: none.</summary>
    public static Task<string?> WhyNotAsync() => HostLab.MissingAsync("faketime");

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"clock: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.ShareCookieAsync();
            await cluster.JoinAsync();
            var load = new ClusterLoad(_names, seed, report);
            await load.DeclareAsync(lab.Hosts);
            Host[] each = isShort ? [lab.Hosts[(seed % 3 + 3) % 3]] : [.. lab.Hosts];
            foreach (Host host in each)
            {
                await ShiftAsync(load, cluster, host, hours: 3);
                await ShiftAsync(load, cluster, host, hours: -3);
                await SetAsync(load, cluster, host, hours: 3);
                await SetAsync(load, cluster, host, hours: -3);
                await RestartAsync(cluster, host, shift: null);
            }
            report($"clock: what was answered\n{_names.Answers}");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, _names.Answers);
        }
    }

    private async Task ShiftAsync(ClusterLoad load, JoinedHosts cluster, Host host, int hours)
    {
        long[] logs = [.. cluster.Hosts.Select(one => one.LogLength)];
        await RestartAsync(cluster, host, $"{hours:+0;-0}h");
        await load.WhileAsync(cluster.Hosts, async () =>
        {
            TimeSpan worked = await load.WorksAsync(cluster.Hosts);
            report($"{host.Name}'s clock {hours:+0;-0} h: all worked after {worked.TotalSeconds:0.0} s");
            var random = new Random(seed);
            foreach (Host home in cluster.Hosts)
                await ExpireAsync(home, cluster.Hosts[random.Next(3)], $"ttl.{home.Name}.{hours}.{host.Name}");
        });
        await load.JudgeAsync(cluster.Hosts);
        await IsToldAsync(cluster, host, hours, logs);
        load.Tell($"{host.Name}'s clock {hours:+0;-0} h");
    }

    private async Task SetAsync(ClusterLoad load, JoinedHosts cluster, Host host, int hours)
    {
        await RestartAsync(cluster, host, "+0h");
        await load.WhileAsync(cluster.Hosts, async () =>
        {
            await load.WorksAsync(cluster.Hosts);
            var random = new Random(seed);
            Task[] expiring = [.. cluster.Hosts.Select(home =>
                ExpireAsync(home, cluster.Hosts[random.Next(3)], $"set.{home.Name}.{hours}.{host.Name}"))];
            // In the middle of their three seconds.
            await Task.Delay(TtlMs / 3);
            host.ClockShift = $"{hours:+0;-0}h";
            await Task.WhenAll(expiring);
            TimeSpan worked = await load.WorksAsync(cluster.Hosts);
            report($"{host.Name}'s clock set by {hours:+0;-0} h: all worked after {worked.TotalSeconds:0.0} s");
        });
        await load.JudgeAsync(cluster.Hosts);
        await IsToldAsync(cluster, host, hours, logs: null);
        load.Tell($"{host.Name}'s clock set by {hours:+0;-0} h");
    }

    private static async Task RestartAsync(JoinedHosts cluster, Host host, string? shift)
    {
        await host.StopAsync();
        host.ClockShift = shift;
        host.Launch();
        await cluster.WholeAsync();
        await host.LetsInAsync();
    }

    // A message that lives for two hours and, in another queue, one for three seconds; a queue that is unused for so
    // long.
    private async Task ExpireAsync(Host home, Host through, string queue)
    {
        await using WireClient owner = await ClusterLoad.OpenAsync(home);
        await using WireClient client = await ClusterLoad.OpenAsync(through);
        string unused = $"{queue}.unused";
        foreach (string name in (string[])[queue, $"{queue}.long", unused])
        {
            _names.Queues.Asked(name);
            FieldTable arguments = name == unused
                ? new FieldTable { ["x-expires"] = FieldValue.Of(TtlMs) }
                : FieldTable.Empty;
            await owner.CallAsync(
                1,
                new QueueDeclare(name, passive: false, durable: true, exclusive: false, autoDelete: false,
                    noWait: false, arguments),
                MethodId.QueueDeclareOk);
        }
        long unusedSince = Answers.Now;
        await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
        long since = Answers.Now;
        await PublishAsync(client, queue, TtlMs, sequence: 1);
        await PublishAsync(client, $"{queue}.long", LongTtlMs, sequence: 2);
        TimeSpan lived = await GoneAsync(
            async () => (await CountAsync(client, queue)) == 0, since, $"a message in {queue} for {through.Name}");
        TimeSpan unusedFor = await GoneAsync(
            async () => !(await through.MustAsync("rabbitmqctl -q -s list_queues name")).Split('\n').Contains(unused),
            unusedSince, $"{unused} for {through.Name}");
        if (await CountAsync(client, $"{queue}.long") != 1)
            throw new FaultException($"a message of two hours was not there after {TtlMs} ms in {queue}.long");
        report(
            $"on {home.Name}, through {through.Name}: a message of {TtlMs} ms lived {lived.TotalSeconds:0.00} s, an "
            + $"unused queue {unusedFor.TotalSeconds:0.00} s");
        _names.Queues.Deleted(unused);
        foreach (string name in (string[])[queue, $"{queue}.long"])
        {
            await client.CallAsync(
                1, new QueueDelete(name, ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk);
            _names.Queues.Deleted(name);
        }
    }

    private static async Task PublishAsync(WireClient client, string queue, int ttlMs, ulong sequence)
    {
        byte[] properties = new BasicProperties
        {
            DeliveryMode = 2,
            Expiration = ttlMs.ToString(CultureInfo.InvariantCulture),
        }.ToArray();
        client.AddPublish(1, "", queue, "body"u8, properties);
        await client.FlushAsync();
        Received confirm = await client.ExpectAsync(MethodId.BasicAck);
        if (confirm.Sequence != sequence)
            throw new FaultException($"{sequence} was to be confirmed, {confirm.Sequence} was");
    }

    private static async Task<uint> CountAsync(WireClient client, string queue)
    {
        Received ok = await client.CallAsync(
            1, ClusterLoad.Declaration(queue, passive: true), MethodId.QueueDeclareOk);
        return ok.MessageCount;
    }

    // How long it took; not less than its time, and not much more. What is asked for early must still be there.
    private static async Task<TimeSpan> GoneAsync(Func<Task<bool>> isGone, long since, string what)
    {
        while (!await isGone())
        {
            if (TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromMilliseconds(TtlMs) + MostLate)
                throw new FaultException($"{what} has not expired after {TimeProvider.System.GetElapsedTime(since)}");
            await Task.Delay(20);
        }
        TimeSpan took = TimeProvider.System.GetElapsedTime(since);
        return took < TimeSpan.FromMilliseconds(TtlMs - 5)
            ? throw new FaultException($"{what} expired after {took}, before its {TtlMs} ms")
            : took;
    }

    // The log tells of it when a link comes up.
    private async Task IsToldAsync(JoinedHosts cluster, Host host, int hours, long[]? logs)
    {
        for (int at = 0; at < cluster.Hosts.Count; at++)
        {
            Host one = cluster.Hosts[at];
            foreach (Host other in cluster.Hosts.Where(other => other != one && (one == host || other == host)))
            {
                bool isAhead = one == host ? hours < 0 : hours > 0;
                string side = isAhead ? "ahead of" : "behind";
                // Of a clock that was set just now others know when they have compared again.
                string status = "";
                string told = $"{other.NodeName}: ([0-9.]+) s {side} this node";
                for (long since = Answers.Now; !IsThreeHours(status, told);)
                {
                    if (TimeProvider.System.GetElapsedTime(since) > Answers.MostWait)
                    {
                        throw new FaultException(
                            $"{one.Name} does not say that {other.Name} is three hours {side} it:\n{status}");
                    }
                    status = await one.MustAsync("rabbitmqctl cluster_status");
                }
                if (logs is not null)
                    await one.LogsAsync($"the clock of {other.NodeName} is 10", logs[at]);
            }
        }
        report($"all nodes said that {host.Name}'s clock is {Math.Abs(hours)} h {(hours > 0 ? "ahead" : "behind")}");
    }

    private static bool IsThreeHours(string status, string told)
    {
        Match match = Regex.Match(status, told);
        double seconds = match.Success ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
        return Math.Abs(seconds - 10_800) <= 60;
    }
}
