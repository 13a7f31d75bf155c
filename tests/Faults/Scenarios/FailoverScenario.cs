using Warren.Amqp;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Scenarios;

/// <summary>
/// <c>kill -9</c> of the node that leads a quorum queue, again and again, while somebody publishes through another and
/// somebody consumes through the third: neither loses his connection or a message, no publish is refused, and the
/// longest time without a confirm is told for each.
/// </summary>
internal sealed class FailoverScenario(int seed, RunLength length, Action<string> report)
{
    private const string Queue = "failover";

    private readonly SharedSources _sources = new();
    private readonly Answers _answers = new();
    private int _draws;

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"failover: seed {seed}");
        _draws = seed;
        using HostLab lab = await HostLab.BuildAsync(3);
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.FormAsync();
            var queue = new SharedQueue(Queue, SharedQueueKind.Quorum);
            await using (WireClient client = await ClusterLoad.OpenAsync(lab.Hosts[0]))
            {
                await client.CallAsync(
                    1, ClusterLoad.Declaration(Queue, passive: false, queue.Kind), MethodId.QueueDeclareOk);
            }
            var gaps = new List<TimeSpan>();
            int kills = length switch { RunLength.Full => 50, RunLength.Short => 5, _ => 2 };
            for (int kill = 0; kill < kills; kill++)
                gaps.Add(await KillAsync(cluster, queue));
            gaps.Sort();
            report(
                $"failover: {queue.Confirmed} confirmed, {queue.Delivered} delivered, none lost or refused; without a "
                + $"confirm at most {gaps[0].TotalMilliseconds:0} to {gaps[^1].TotalMilliseconds:0} ms a kill, median "
                + $"{gaps[gaps.Count / 2].TotalMilliseconds:0} ms");
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed);
        }
    }

    private async Task<TimeSpan> KillAsync(JoinedHosts cluster, SharedQueue queue)
    {
        Host leader = await LeaderAsync(cluster);
        Host[] others = [.. cluster.Hosts.Where(host => host != leader)];
        // Nobody is to lose his connection.
        var losses = new ClientLosses();
        var publisher = new SteadyPublisher([others[0]], queue, _sources, losses);
        var consumer = new SharedConsumer([others[1]], queue, _sources, _answers, _draws++, losses);
        using var end = new CancellationTokenSource();
        Task[] running = [Task.Run(() => publisher.RunAsync(end.Token)), Task.Run(() => consumer.RunAsync(end.Token))];
        long killed;
        try
        {
            await GoesOnAsync(publisher, running);
            await leader.KillAsync();
            killed = TimeProvider.System.GetTimestamp();
            await GoesOnAsync(publisher, running);
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
        if (publisher.Nacked > 0)
            throw new FaultException($"{publisher.Nacked} publishes were refused when {leader.Name} was killed");
        await leader.StartAsync();
        await cluster.WholeAsync();
        if (queue.Judge(await ClusterLoad.DrainAsync(others[0], queue)) is { } finding)
            throw new FaultException($"{finding}\n{leader.Name} was killed");
        TimeSpan gap = publisher.Confirms.LongestGap(killed);
        report($"{leader.Name} killed, which led: {gap.TotalMilliseconds:0} ms without a confirm");
        return gap;
    }

    // Some more are confirmed.
    private static async Task GoesOnAsync(SteadyPublisher publisher, Task[] running)
    {
        int before = publisher.Confirms.Count;
        long since = Answers.Now;
        while (publisher.Confirms.Count < before + 500 || TimeProvider.System.GetElapsedTime(since).TotalSeconds < 1)
        {
            if (TimeProvider.System.GetElapsedTime(since) > Answers.MostWait)
            {
                throw new FaultException(
                    $"{publisher.Confirms.Count - before} publishes were confirmed in {Answers.MostWait}");
            }
            if (Array.Find(running, static one => one.IsCompleted) is { } ended)
                await ended;
            await Task.Delay(50);
        }
    }

    private static async Task<Host> LeaderAsync(JoinedHosts cluster)
    {
        string list = await cluster.Hosts[0].MustAsync("rabbitmqctl -q -s list_queues name leader");
        string name = list.Split('\n').Single(static row => row.StartsWith($"{Queue}\t", StringComparison.Ordinal));
        return cluster.Hosts.Single(host => name.EndsWith($"\t{host.NodeName}", StringComparison.Ordinal));
    }
}
