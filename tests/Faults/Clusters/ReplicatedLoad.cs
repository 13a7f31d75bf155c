using System.Globalization;
using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Quorum and mirrored queues with a member on every node, and for each of them, on every node, a publisher that is
/// always waiting for confirms and a consumer. Whose node goes away goes to another one.
/// </summary>
internal sealed class ReplicatedLoad(JoinedHosts cluster, int seed)
{
    private const string Mirrored = "mirrored";
    private const int OfEachKind = 3;
    private const int Window = 5;

    // After a fault, through each of them.
    private const int Enough = 30;

    // A node is unfit to lead until its disk has been well for ten seconds, and refuses until then.
    private static readonly TimeSpan LeadPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    private readonly SharedSources _sources = new();
    private readonly List<SharedQueue> _queues = [];
    private SteadyPublisher[] _publishers = [];
    private int _draws = seed;

    public ClientLosses Losses { get; } = new();

    public Answers Answers { get; } = new();

    public long Nacked => _publishers.Sum(publisher => publisher.Nacked);

    /// <summary>Declares the queues; they have all their members when it returns.</summary>
    public async Task DeclareAsync()
    {
        await cluster.Hosts[0].MustAsync(
            $$"""rabbitmqctl set_policy mirrors "^{{Mirrored}}\." '{"ha-mode":"exactly","ha-params":3}'""");
        for (int number = 0; number < OfEachKind; number++)
        {
            await DeclareAsync(new SharedQueue($"quorum.{number}", SharedQueueKind.Quorum), number);
            await DeclareAsync(new SharedQueue($"{Mirrored}.{number}", SharedQueueKind.Mirrored), number + 1);
        }
        await InStepAsync();
    }

    /// <summary>Lets all of them work while something happens.</summary>
    public async Task WhileAsync(Func<Task> happens)
    {
        using var end = new CancellationTokenSource();
        _draws += 1000;
        Task[] running = Begin(end.Token);
        Task happening = happens();
        try
        {
            // A client that has found something wrong need not wait for the rest.
            await await Task.WhenAny([happening, .. running]);
            await happening;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    /// <summary>Waits until every publisher has got more confirms.</summary>
    public async Task GoesOnAsync()
    {
        int[] before = [.. _publishers.Select(publisher => publisher.Confirms.Count)];
        long since = Answers.Now;
        for (int at = 0; at < before.Length; at++)
        {
            SteadyPublisher publisher = _publishers[at];
            while (publisher.Confirms.Count < before[at] + Enough)
            {
                if (TimeProvider.System.GetElapsedTime(since) > Answers.MostWait)
                {
                    throw new FaultException(
                        $"a publisher to {publisher.Queue.Name} on {publisher.Host.Name} has got "
                        + $"{publisher.Confirms.Count - before[at]} confirms in {Answers.MostWait.TotalSeconds} s\n"
                        + publisher.Host.Log);
                }
                await Task.Delay(20);
            }
        }
    }

    /// <summary>
    /// The longest time without a confirm, of all publishers that kept their connection, and of those that lost it.
    /// </summary>
    /// <param name="after">See <see cref="ConfirmTimes.LongestGap"/>.</param>
    /// <param name="struck">Whose own clients are told of apart; null: nobody's.</param>
    public string Gaps(long after, Host? struck = null)
    {
        SteadyPublisher[] others = [.. _publishers.Where(publisher => publisher.Host != struck)];
        string kept = string.Join(", ", others.GroupBy(static publisher => publisher.Queue.Kind).Select(group =>
            $"{group.Key.ToString().ToLowerInvariant()} {Ms(group.Max(one => one.Confirms.LongestGap(after)))}"));
        string own = struck is null || others.Length == _publishers.Length
            ? ""
            : $", through itself {Ms(_publishers.Except(others).Max(one => one.Confirms.LongestGap(after)))}";
        TimeSpan moved = _publishers.Max(publisher => publisher.Confirms.LongestGap(after, moved: true));
        return $"without a confirm at most {kept}{own}" + (moved == default ? "" : $", of who moved {Ms(moved)}");
    }

    /// <summary>Has a node lead all queues; asks again while it may not.</summary>
    public async Task LeadsAsync(Host host)
    {
        long since = Answers.Now;
        CommandResult? refusal = null;
        while (await LedByAsync(host) < _queues.Count)
        {
            if (TimeProvider.System.GetElapsedTime(since) > LeadPatience)
            {
                throw new FaultException(
                    $"{host.Name} does not lead all queues: {await TellLeadersAsync()}\n{refusal}\n{host.Log}");
            }
            if (refusal is not null)
                await Task.Delay(LookEvery);
            refusal = await AskToLeadAsync(host);
        }
    }

    /// <summary>How many of the queues a node leads.</summary>
    public async Task<int> LedByAsync(Host host) =>
        (await LeadersAsync()).Count(pair => pair.Leader == host.NodeName);

    /// <summary>Who leads what.</summary>
    public async Task<string> TellLeadersAsync() =>
        string.Join(", ", (await LeadersAsync()).Select(pair => $"{pair.Queue.Name} by {pair.Leader}"));

    /// <summary>With nobody at work: every queue is as answers told.</summary>
    public async Task JudgeAsync()
    {
        var random = new Random(++_draws);
        foreach (SharedQueue queue in _queues)
        {
            Host through = cluster.Hosts[random.Next(cluster.Hosts.Count)];
            if (queue.Judge(await ClusterLoad.DrainAsync(through, queue)) is { } finding)
                throw new FaultException($"{finding}\n(taken through {through.Name})\n{through.Log}");
        }
    }

    /// <summary>What was done so far.</summary>
    public string Done =>
        $"{_queues.Sum(queue => queue.Confirmed)} confirmed, {_queues.Sum(queue => queue.Unanswered)} not, "
        + $"{_queues.Sum(queue => queue.Delivered)} delivered, {_queues.Sum(queue => queue.Proven)} acks proven, "
        + $"{Losses.Count} clients had to move";

    private static string Ms(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms");

    private async Task DeclareAsync(SharedQueue queue, int home)
    {
        await using WireClient client = await ClusterLoad.OpenAsync(cluster.Hosts[home % cluster.Hosts.Count]);
        await client.CallAsync(
            1, ClusterLoad.Declaration(queue.Name, passive: false, queue.Kind), MethodId.QueueDeclareOk);
        _queues.Add(queue);
    }

    private Task[] Begin(CancellationToken end)
    {
        var consumers = new List<SharedConsumer>();
        var publishers = new List<SteadyPublisher>();
        for (int at = 0; at < cluster.Hosts.Count; at++)
        {
            Host[] hosts = [.. cluster.Hosts.Skip(at), .. cluster.Hosts.Take(at)];
            foreach (SharedQueue queue in _queues)
            {
                publishers.Add(new SteadyPublisher(hosts, queue, _sources, Losses) { Window = Window, Rest = Rest });
                consumers.Add(new SharedConsumer(hosts, queue, _sources, Answers, _draws++, Losses));
            }
        }
        _publishers = [.. publishers];
        return
        [
            .. publishers.Select(publisher => Task.Run(() => publisher.RunAsync(end), CancellationToken.None)),
            .. consumers.Select(consumer => Task.Run(() => consumer.RunAsync(end), CancellationToken.None)),
        ];
    }

    // The first refusal; it would be the same for the others.
    private async Task<CommandResult?> AskToLeadAsync(Host host)
    {
        foreach ((SharedQueue queue, string leader) in await LeadersAsync())
        {
            if (leader == host.NodeName)
                continue;
            CommandResult asked = await host.RunAsync(
                $"rabbitmq-queues transfer_leadership {queue.Name} {host.NodeName}");
            if (asked.Code != 0)
                return asked;
        }
        return null;
    }

    // All members of mirrored queues have what the queue has.
    private async Task InStepAsync()
    {
        long since = Answers.Now;
        string list;
        do
        {
            if (TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(60))
                throw new FaultException($"the mirrored queues do not get their members\n{cluster.Hosts[0].Log}");
            list = await cluster.Hosts[0].MustAsync("rabbitmqctl -q -s list_queues name synchronised_slave_nodes");
        }
        while (list.Split('\n').Count(row =>
            row.StartsWith(Mirrored, StringComparison.Ordinal) && row.Split('\t')[1].Split(',').Length == 2)
            < OfEachKind);
    }

    private async Task<IReadOnlyList<(SharedQueue Queue, string Leader)>> LeadersAsync()
    {
        // Of a mirrored queue the column "leader" says nothing; its process's name begins with the node's.
        string list = await cluster.Hosts[0].MustAsync("rabbitmqctl -q -s list_queues name pid");
        Dictionary<string, string> leaders = list.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static row => row.Split('\t'))
            .ToDictionary(static row => row[0], static row => row[1].TrimStart('<').Split('.')[0]);
        return [.. _queues.Select(queue => (queue, leaders[queue.Name]))];
    }
}
