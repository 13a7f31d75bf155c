using Warren.Amqp;
using Warren.Faults.Clusters;
using Warren.Faults.Hosts;
using Warren.Wire;

namespace Warren.Faults.Scenarios;

/// <summary>
/// pika through a real HAProxy over three nodes: publishers with confirms and consumers, of which the node is killed.
/// All of them go on after their reconnect, nothing that was confirmed is lost, and HAProxy finds the node down and up
/// again.
/// </summary>
internal sealed class BalancerScenario(int seed, bool isShort, Action<string> report)
{
    private const int Pairs = 3;

    private readonly DefinitionNames _names = new();

    /// <summary>Which of the programs that it needs is missing, in a sentence; null: none.</summary>
    public static async Task<string?> WhyNotAsync() =>
        await HostLab.MissingAsync("haproxy") ?? await PikaClient.WhyNotAsync();

    /// <summary>Runs all of it.</summary>
    public async Task RunAsync()
    {
        report($"balancer: seed {seed}");
        using HostLab lab = await HostLab.BuildAsync(3);
        var clients = new List<PikaClient>();
        try
        {
            var cluster = new JoinedHosts(lab, report);
            await cluster.ShareCookieAsync();
            await cluster.JoinAsync();
            Balancer balancer = await Balancer.BeginAsync(lab);
            string[] queues = [.. lab.Hosts.Select(host => $"balanced.{host.Name}")];
            for (int at = 0; at < lab.Hosts.Count; at++)
            {
                await using WireClient client = await ClusterLoad.OpenAsync(lab.Hosts[at]);
                await client.CallAsync(1, ClusterLoad.Declaration(queues[at], passive: false), MethodId.QueueDeclareOk);
            }
            clients.AddRange(Enumerable.Range(0, Pairs).SelectMany(number => (PikaClient[])[
                new PikaClient("publish", balancer.Address, $"publisher{number}", queues),
                new PikaClient("consume", balancer.Address, $"consumer{number}", queues)]));
            foreach (PikaClient client in clients)
                await client.UntilAsync(() => Done(client) > 50, () => "it works");
            foreach (Host host in isShort ? [lab.Hosts[(seed % 3 + 3) % 3]] : lab.Hosts)
                await KillAsync(cluster, balancer, clients, host);
            await EndAsync(lab, clients, queues);
        }
        catch (Exception error)
        {
            throw lab.Failure(error, seed, _names.Answers);
        }
        finally
        {
            foreach (PikaClient client in clients)
                client.Dispose();
        }
    }

    private async Task KillAsync(JoinedHosts cluster, Balancer balancer, List<PikaClient> clients, Host host)
    {
        // A publisher and a consumer are on it, as connections go where the fewest are.
        int connections = await balancer.ConnectionsAsync(host);
        if (connections == 0)
            throw new FaultException($"nobody is connected to {host.Name}");
        int lost = clients.Sum(client => client.Count("lost"));
        int[] done = [.. clients.Select(Done)];
        long since = Answers.Now;
        await host.KillAsync();
        TimeSpan down = await balancer.SaysAsync(host, isUp: false);
        for (int at = 0; at < clients.Count; at++)
        {
            PikaClient client = clients[at];
            int before = Math.Max(done[at], Done(client));
            await client.UntilAsync(() => Done(client) > before + 10, () => "it goes on without the node");
        }
        TimeSpan all = TimeProvider.System.GetElapsedTime(since);
        int reconnected = clients.Sum(client => client.Count("lost")) - lost;
        if (reconnected < connections)
            throw new FaultException($"{connections} clients were on {host.Name}, {reconnected} noticed its end");
        host.Launch();
        await cluster.WholeAsync();
        TimeSpan up = await balancer.SaysAsync(host, isUp: true);
        report(
            $"{host.Name} killed: found down after {down.TotalSeconds:0.0} s, up {up.TotalSeconds:0.0} s after it was, "
            + $"all {clients.Count} clients were at work after {all.TotalSeconds:0.0} s, "
            + $"{reconnected} had to reconnect");
    }

    private static int Done(PikaClient client) => client.Count("confirmed ") + client.Count("got ");

    // Publishers first; when consumers have left nothing, every confirmed message must have come to one of them.
    private async Task EndAsync(HostLab lab, List<PikaClient> clients, string[] queues)
    {
        PikaClient[] publishers = [.. clients.Where(client => client.Count("got") == 0)];
        PikaClient[] consumers = [.. clients.Except(publishers)];
        foreach (PikaClient publisher in publishers)
            await publisher.EndAsync();
        foreach (string queue in queues)
        {
            await using WireClient client = await ClusterLoad.OpenAsync(lab.Hosts[0]);
            await consumers[0].UntilAsync(
                () => client.CallAsync(
                    1, ClusterLoad.Declaration(queue, passive: true), MethodId.QueueDeclareOk).Result.MessageCount == 0,
                () => $"{queue} is empty");
        }
        // What is out for acknowledgement is no part of that count.
        HashSet<string> confirmed = Told(publishers, "confirmed");
        await consumers[0].UntilAsync(
            () => Told(consumers, "got").IsSupersetOf(confirmed), () => Missing(confirmed, consumers));
        foreach (PikaClient consumer in consumers)
            await consumer.EndAsync();
        CheckOrder(consumers);
        HashSet<string> nacked = Told(publishers, "nacked");
        HashSet<string> returned = Told(publishers, "returned");
        report(
            $"balancer: {confirmed.Count} confirmed and none lost, {nacked.Count} nacked, {returned.Count} returned, "
            + $"{consumers.Sum(consumer => consumer.Count("got"))} deliveries");
    }

    // Queue and body of each line.
    private static HashSet<string> Told(IEnumerable<PikaClient> clients, string word) =>
        [.. clients.SelectMany(client => client.Lines)
            .Where(line => line.StartsWith($"{word} ", StringComparison.Ordinal))
            .Select(line => string.Join(' ', line.Split(' ')[1..3]))];

    private static string Missing(HashSet<string> confirmed, PikaClient[] consumers)
    {
        string[] missing = [.. confirmed.Except(Told(consumers, "got"))];
        return $"what was confirmed comes; {missing.Length} are missing, such as {missing.FirstOrDefault()}";
    }

    // First deliveries to one consumer, of one publisher and queue; a new connection of either begins anew.
    private static void CheckOrder(PikaClient[] consumers)
    {
        foreach (PikaClient consumer in consumers)
        {
            var last = new Dictionary<string, int>();
            foreach (string[] words in consumer.Lines.Select(line => line.Split(' ')))
            {
                if (words[0] is "connected" or "cancelled")
                    last.Clear();
                if (words[0] != "got" || words[3] != "0")
                    continue;
                string[] body = words[2].Split('-');
                int number = int.Parse(body[1], System.Globalization.CultureInfo.InvariantCulture);
                string of = $"{words[1]} {body[0]}";
                if (last.GetValueOrDefault(of, -1) > number)
                    throw new FaultException($"{consumer.Prefix}: {of}: {number} came behind {last[of]}");
                last[of] = number;
            }
        }
    }
}
