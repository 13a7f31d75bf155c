using System.Net.Sockets;
using System.Text;
using Warren.Faults.Hosts;

namespace Warren.Faults.Clusters;

/// <summary>HAProxy on a machine of its own, with the configuration that is shipped.</summary>
internal sealed class Balancer(Host host)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private string Socket => host.FileNamed("haproxy.sock");

    public string Address => $"{host.Address}";

    /// <summary>Makes the machine, 192.168.1.10 as in the guide, and starts HAProxy.</summary>
    public static async Task<Balancer> BeginAsync(HostLab lab)
    {
        Host host = await lab.AddAsync("rabbitmq-lb", 10);
        string shipped = Path.Combine(AppContext.BaseDirectory, "Scripts", "haproxy.cfg");
        var balancer = new Balancer(host);
        string text = (await File.ReadAllTextAsync(shipped)).Replace(
            "global\n", $"global\n    stats socket {balancer.Socket}\n", StringComparison.Ordinal);
        await File.WriteAllTextAsync(host.FileNamed("haproxy.cfg"), text);
        await host.MustAsync($"haproxy -D -f {host.FileNamed("haproxy.cfg")}");
        foreach (Host node in lab.Hosts)
            await balancer.SaysAsync(node, isUp: true);
        return balancer;
    }

    /// <summary>Waits until the checks have found it up or down; how long it took.</summary>
    public async Task<TimeSpan> SaysAsync(Host node, bool isUp)
    {
        long since = Answers.Now;
        while (true)
        {
            string status = await FieldAsync(node, "status");
            if (status == (isUp ? "UP" : "DOWN"))
                return TimeProvider.System.GetElapsedTime(since);
            if (TimeProvider.System.GetElapsedTime(since) > Patience)
                throw new FaultException($"HAProxy says of {node.Name}: {status}\n{node.Log}");
            await Task.Delay(50);
        }
    }

    /// <summary>How many connections it has to a node.</summary>
    public async Task<int> ConnectionsAsync(Host node) =>
        int.TryParse(await FieldAsync(node, "scur"), out int count) ? count : 0;

    private async Task<string> FieldAsync(Host node, string field)
    {
        string[] lines = (await StatsAsync()).Split('\n');
        int at = Array.IndexOf(lines[0].TrimStart('#', ' ').Split(','), field);
        string line = lines.FirstOrDefault(one => one.StartsWith($"amqp,{node.Name},", StringComparison.Ordinal))
            ?? throw new FaultException($"HAProxy knows no {node.Name}:\n{string.Join('\n', lines)}");
        return line.Split(',')[at];
    }

    private async Task<string> StatsAsync()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket));
        await socket.SendAsync(Encoding.ASCII.GetBytes("show stat\n"));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(Patience);
    }
}
