using System.Diagnostics;
using System.Net;

namespace Warren.Faults.Hosts;

/// <summary>
/// Machines of their own on one network, made of the kernel's namespaces: each has its name, its addresses, its
/// <c>/etc/hosts</c>, its processes and its files under <c>/var/lib/rabbitmq</c> and <c>/var/log/rabbitmq</c>. This
/// process must be in a network namespace that was made for it (<see cref="Reenter"/>): the network's switch is in it,
/// and clients reach the machines from it. Needs root.
/// </summary>
internal sealed class HostLab : IDisposable
{
    private const string EnteredVariable = "WARREN_FAULTS_NETWORK";
    private const string Network = "192.168.1.";
    private const string Bridge = "br0";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _root = Directory.CreateTempSubdirectory("warren-hosts-").FullName;

    private readonly List<Host> _others = [];

    private HostLab(IReadOnlyList<Host> hosts) => Hosts = hosts;

    public IReadOnlyList<Host> Hosts { get; private set; }

    /// <summary>Whether the files are left for somebody to look at.</summary>
    public bool KeepsFiles { get; set; }

    /// <summary>All files of all machines are below it.</summary>
    public string Root => _root;

    /// <summary>This process is in a network of its own.</summary>
    public static bool IsEntered => Environment.GetEnvironmentVariable(EnteredVariable) is not null;

    /// <summary>Why there can be no such machines here; null: there can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return "only root can make namespaces";
        if (await MissingAsync("unshare", "nsenter", "ip") is { } missing)
            return missing;
        CommandResult tried = await Shell.RunAsync(
            "unshare",
            [
                "unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--mount-proc", "ip", "link", "add", "br0",
                "type", "bridge",
            ],
            Patience);
        return tried.Code == 0 ? null : $"the kernel does not let it: {tried.Error.Trim()}";
    }

    /// <summary>Which of these programs is not installed, in a sentence; null: all are.</summary>
    public static async Task<string?> MissingAsync(params IReadOnlyList<string> tools)
    {
        foreach (string tool in tools)
        {
            CommandResult found = await Shell.RunAsync(tool, ["/bin/sh", "-c", $"command -v {tool}"], Patience);
            if (found.Code != 0)
                return $"{tool} is not installed";
        }
        return null;
    }

    /// <summary>Runs this program again, with these arguments, in a network of its own; its exit code.</summary>
    /// <param name="arguments">Behind "run".</param>
    /// <param name="output">Gets what it says.</param>
    /// <param name="patience">After how long it is killed, and its machines with it; null: never.</param>
    public static async Task<int> Reenter(
        IReadOnlyList<string> arguments, TextWriter output, TimeSpan? patience = null)
    {
        var start = new ProcessStartInfo("unshare")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [EnteredVariable] = "1" },
        };
        foreach (string argument in (string[])["--net", "dotnet", typeof(HostLab).Assembly.Location, "run"])
            start.ArgumentList.Add(argument);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Tell(line.Data);
        process.ErrorDataReceived += (_, line) => Tell(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var end = new CancellationTokenSource(patience ?? Timeout.InfiniteTimeSpan);
        try
        {
            await process.WaitForExitAsync(end.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            Tell($"it was killed after {patience}");
        }
        return process.ExitCode;

        void Tell(string? line)
        {
            if (line is null)
                return;
            lock (output)
                output.WriteLine(line);
        }
    }

    /// <summary>Makes rabbit-node1 at 192.168.1.11 and so on.</summary>
    /// <param name="count">How many.</param>
    /// <param name="diskMebibytes">The size of the disk that each has to itself; 0: none has one.</param>
    public static async Task<HostLab> BuildAsync(int count, int diskMebibytes = 0)
    {
        if (!IsEntered)
            throw new FaultException("the machines need a network of their own");
        await RunAsync("ip link set lo up");
        await RunAsync($"ip link add {Bridge} type bridge");
        await RunAsync($"ip addr add {Network}100/24 dev {Bridge}");
        await RunAsync($"ip link set {Bridge} up");
        var lab = new HostLab([]);
        try
        {
            var hosts = new List<Host>();
            lab.Hosts = hosts;
            for (int number = 1; number <= count; number++)
                hosts.Add(new Host($"rabbit-node{number}", IPAddress.Parse($"{Network}{10 + number}"), lab._root));
            foreach (Host host in hosts)
                await host.BeginAsync(Bridge, $"127.0.0.1 localhost\n{Names(hosts)}", diskMebibytes);
            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }

    /// <summary>Makes a machine that has no node.</summary>
    public async Task<Host> AddAsync(string name, int number)
    {
        var host = new Host(name, IPAddress.Parse($"{Network}{number}"), _root);
        _others.Add(host);
        await host.BeginAsync(Bridge, $"127.0.0.1 localhost\n{Names(Hosts)}");
        return host;
    }

    /// <summary>What one sends to the other is lost from now on.</summary>
    public static Task CutAsync(Host from, Host to) => from.LoseAsync(to.Address);

    /// <summary>The two hear nothing of each other.</summary>
    public static async Task CutBothAsync(Host one, Host other)
    {
        await CutAsync(one, other);
        await CutAsync(other, one);
    }

    /// <summary>The machine is alone; clients still reach it.</summary>
    public async Task IsolateAsync(Host host)
    {
        foreach (Host other in Hosts)
        {
            if (other != host)
                await CutBothAsync(host, other);
        }
    }

    /// <summary>Everybody reaches everybody.</summary>
    public async Task HealAsync()
    {
        foreach (Host host in Hosts)
            await host.LoseNothingAsync();
    }

    /// <summary>What went wrong, with all that helps to find out why; the files stay.</summary>
    public FaultException Failure(Exception error, int seed, object? answers = null)
    {
        KeepsFiles = true;
        string logs = string.Concat(Hosts.Select(host => $"\n--- {host.Name}\n{host.Log}"));
        string what = error is FaultException ? error.Message : error.ToString();
        return new FaultException($"{what}\n{answers}\nseed {seed}; files: {_root}{logs}");
    }

    public void Dispose()
    {
        foreach (Host host in (Host[])[.. _others, .. Hosts])
        {
            if (KeepsFiles)
                KeepData(host);
            host.Dispose();
        }
        // The switch goes with this process's network.
        using Process process = Process.Start("/bin/sh", ["-c", $"ip link del {Bridge}"]);
        process.WaitForExit();
        if (!KeepsFiles)
            Directory.Delete(_root, recursive: true);
    }

    private static void KeepData(Host host)
    {
        try
        {
            host.KeepDataAsync().GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is FaultException or TimeoutException)
        {
            // What went wrong before it is what matters.
            Console.Error.WriteLine($"{host.Name}'s data is not kept: {error.Message}");
        }
    }

    private static string Names(IEnumerable<Host> hosts) =>
        string.Concat(hosts.Select(host => $"{host.Address} {host.Name}\n"));

    private static Task<CommandResult> RunAsync(string command) =>
        Shell.MustAsync(command, ["/bin/sh", "-c", command], Patience);
}
