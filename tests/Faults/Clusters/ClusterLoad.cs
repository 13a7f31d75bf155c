using Warren.Amqp;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Clusters;

/// <summary>
/// Clients at work on all nodes of a cluster, with a durable queue on each of them, a quorum queue and a mirrored one:
/// everybody publishes to and consumes from all, declares, binds, deletes and adds users, while something happens. Then
/// all of it is compared.
/// </summary>
internal sealed class ClusterLoad(DefinitionNames names, int seed, Action<string> report)
{
    private const string Everywhere = "everywhere";
    private const string Mirrored = "mirrored";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SharedSources _sources = new();
    private readonly List<SharedQueue> _queues = [];
    private int _draws = seed;

    /// <summary>The queues, in the order of their homes.</summary>
    public IReadOnlyList<SharedQueue> Queues => _queues;

    /// <summary>Who declared what while the last thing happened, in the order of their hosts.</summary>
    public IReadOnlyList<Declarer> Declarers { get; private set; } = [];

    public DefinitionNames Names => names;

    /// <summary>
    /// Declares a queue on each of these nodes, two that are replicated, and the exchange that all are bound to.
    /// </summary>
    public async Task DeclareAsync(IReadOnlyList<Host> homes)
    {
        await homes[0].MustAsync(
            $$"""rabbitmqctl set_policy mirrors "^{{Mirrored}}\." '{"ha-mode":"exactly","ha-params":3}'""");
        foreach ((Host home, SharedQueueKind kind) in (IEnumerable<(Host, SharedQueueKind)>)
            [
                .. homes.Select(static home => (home, SharedQueueKind.OneHome)),
                (homes[0], SharedQueueKind.Quorum), (homes[^1], SharedQueueKind.Mirrored),
            ])
        {
            string prefix = kind switch
            {
                SharedQueueKind.Quorum => "quorum",
                SharedQueueKind.Mirrored => Mirrored,
                _ => "home",
            };
            var queue = new SharedQueue($"{prefix}.{home.Name}.{_queues.Count}", kind);
            await using WireClient client = await OpenAsync(home);
            await client.CallAsync(
                1,
                new ExchangeDeclare(Everywhere, "fanout", passive: false, durable: true, autoDelete: false,
                    @internal: false, noWait: false, FieldTable.Empty),
                MethodId.ExchangeDeclareOk);
            names.Queues.Asked(queue.Name);
            await client.CallAsync(
                1, Declaration(queue.Name, passive: false, queue.Kind), MethodId.QueueDeclareOk);
            names.Queues.Declared(queue.Name);
            await client.CallAsync(
                1, new QueueBind(queue.Name, Everywhere, "", noWait: false, FieldTable.Empty), MethodId.QueueBindOk);
            _queues.Add(queue);
        }
    }

    /// <summary>Lets clients of some nodes work while something happens.</summary>
    public async Task WhileAsync(IReadOnlyList<Host> hosts, Func<Task> happens)
    {
        using var end = new CancellationTokenSource();
        _draws += 1000;
        Declarers = [.. hosts.Select((host, at) =>
            new Declarer(host, names, _draws + at) { Rest = TimeSpan.FromMilliseconds(5) })];
        Task[] running = [.. Workers(hosts).Select(worker => Task.Run(() => worker(end.Token)))];
        Task happening = happens();
        try
        {
            // A client that has found something wrong need not wait for the rest.
            Task first = await Task.WhenAny([happening, .. running]);
            await first;
            await happening;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    /// <summary>The time until everything works through every node, with a new queue on each.</summary>
    public async Task<TimeSpan> WorksAsync(IReadOnlyList<Host> hosts)
    {
        long since = Answers.Now;
        foreach (Host host in hosts)
        {
            for (string? problem = "?"; problem is not null;)
            {
                problem = await TryAsync(host, $"works.{host.Name}.{++_draws}");
                if (problem is not null && TimeProvider.System.GetElapsedTime(since) > Answers.MostWait)
                    throw new FaultException($"{host.Name} does not work again: {problem}\n{host.Log}");
            }
        }
        return TimeProvider.System.GetElapsedTime(since);
    }

    /// <summary>With nobody at work: all definitions and all queues are as answers told.</summary>
    public async Task JudgeAsync(IReadOnlyList<Host> hosts)
    {
        await JoinedHosts.AgreeAsync(names, hosts);
        var random = new Random(++_draws);
        foreach (SharedQueue queue in _queues)
        {
            Host through = hosts[random.Next(hosts.Count)];
            IReadOnlyList<Received> rest = await DrainAsync(through, queue);
            if (queue.Judge(rest) is { } finding)
                throw new FaultException($"{finding}\n(taken through {through.Name})\n{through.Log}");
        }
    }

    /// <summary>What was done so far.</summary>
    public void Tell(string what) => report(
        $"{what}: {_queues.Sum(queue => queue.Confirmed)} confirmed, "
        + $"{_queues.Sum(queue => queue.Unanswered)} not, {_queues.Sum(queue => queue.Delivered)} delivered, "
        + $"{_queues.Sum(queue => queue.Proven)} acks proven, {names.Answered} changes ok, "
        + $"{names.Answers.CountOf541} refused with 541, longest wait {names.Answers.Longest.TotalSeconds:0.0} s");

    /// <summary>A queue as they are declared here.</summary>
    public static QueueDeclare Declaration(
        string queue, bool passive, SharedQueueKind kind = SharedQueueKind.OneHome) => new(
        queue, passive, durable: true, exclusive: false, autoDelete: false, noWait: false,
        kind == SharedQueueKind.Quorum
            ? new FieldTable { ["x-queue-type"] = FieldValue.Of("quorum") }
            : FieldTable.Empty);

    /// <summary>A connection with a channel.</summary>
    public static async Task<WireClient> OpenAsync(Host host)
    {
        WireClient client = await host.ConnectAsync();
        await client.LoginAsync();
        await client.OpenChannelAsync(1);
        return client;
    }

    private IEnumerable<Func<CancellationToken, Task>> Workers(IReadOnlyList<Host> hosts)
    {
        for (int at = 0; at < hosts.Count; at++)
        {
            Host host = hosts[at];
            int draws = _draws + (100 * (at + 1));
            yield return Declarers[at].RunAsync;
            yield return new UserMaker(host, names, draws++).RunAsync;
            yield return new SharedPublisher(
                host, Everywhere, _queues, _sources, names.Answers, draws++).RunAsync;
            foreach (SharedQueue queue in _queues)
            {
                yield return new SharedPublisher(host, "", [queue], _sources, names.Answers, draws++).RunAsync;
                yield return new SharedConsumer([host], queue, _sources, names.Answers, draws++).RunAsync;
            }
        }
    }

    // Null: all of it works.
    private async Task<string?> TryAsync(Host host, string own)
    {
        names.Queues.Asked(own);
        try
        {
            await using WireClient client = await OpenAsync(host);
            await client.CallAsync(1, Declaration(own, passive: false), MethodId.QueueDeclareOk);
            await client.CallAsync(1, new ConfirmSelect(noWait: false), MethodId.ConfirmSelectOk);
            ulong sent = 0;
            foreach (SharedQueue queue in _queues)
                await client.CallAsync(1, Declaration(queue.Name, passive: true), MethodId.QueueDeclareOk);
            client.AddPublish(1, "", own, "body"u8);
            await client.FlushAsync();
            while (sent == 0)
                sent = (await client.ExpectAsync(MethodId.BasicAck)).Sequence;
            await client.CallAsync(1, new BasicGet(own, noAck: true), MethodId.BasicGetOk);
            await client.CallAsync(
                1, new QueueDelete(own, ifUnused: false, ifEmpty: false, noWait: false), MethodId.QueueDeleteOk);
            names.Queues.Deleted(own);
            return null;
        }
        catch (Exception error) when (Declarer.IsTurnedAway(error) || error is TimeoutException)
        {
            await Task.Delay(100);
            return error.Message;
        }
    }

    /// <summary>
    /// All that is in a queue that nobody uses. What clients held goes back when their nodes are known to be away, at
    /// the latest.
    /// </summary>
    public static async Task<IReadOnlyList<Received>> DrainAsync(Host through, SharedQueue queue)
    {
        long since = Answers.Now;
        string counts = "";
        do
        {
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
            {
                throw new FaultException(
                    $"nobody is left, and {queue.Name} has consumers or messages that are not acknowledged:\n{counts}"
                    + through.Log);
            }
            counts = await through.MustAsync("rabbitmqctl -q -s list_queues name messages_unacknowledged consumers");
        }
        while (!counts.Split('\n').Contains($"{queue.Name}\t0\t0"));
        var rest = new List<Received>();
        await using WireClient client = await OpenAsync(through);
        while (true)
        {
            await client.SendAsync(1, new BasicGet(queue.Name, noAck: true));
            Received got = await client.NextAsync();
            if (got.Method == MethodId.BasicGetEmpty)
                return rest;
            if (got.Method != MethodId.BasicGetOk)
                throw new FaultException($"{queue.Name} cannot be read through {through.Name}: {got}\n{through.Log}");
            rest.Add(got);
        }
    }
}
