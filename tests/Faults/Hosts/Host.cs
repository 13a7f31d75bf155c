using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Wire;

namespace Warren.Faults.Hosts;

/// <summary>
/// A machine of a <see cref="HostLab"/>. Its first process keeps the namespaces; everything else on it ends with that.
/// Its one node has RabbitMQ's name and ports.
/// </summary>
internal sealed class Host : IDisposable
{
    private const int AmqpPort = 5672;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Its end waits for whoever is in the midst of a write to a disk that stands still.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(60);

    // What a node did before it stood still has come to its clients by then.
    private static readonly TimeSpan LateFor = TimeSpan.FromSeconds(5);

    private readonly string _root;
    private readonly Dictionary<IPAddress, bool> _lost = [];
    private Process? _first;
    private Process? _node;
    private int _number;
    private long _wentOnAt;

    /// <param name="name">Its host name, short.</param>
    /// <param name="address">Its address in the network.</param>
    /// <param name="root">Where all machines keep their files.</param>
    public Host(string name, IPAddress address, string root)
    {
        Name = name;
        Address = address;
        _root = Path.Combine(root, name);
        foreach (string directory in (string[])["lib", "log", "etc", "bin"])
            Directory.CreateDirectory(Path.Combine(_root, directory));
    }

    public string Name { get; }

    /// <summary>The disk of its own that its node's data is on; null: it has none.</summary>
    public HostDisk? Disk { get; private set; }

    public IPAddress Address { get; }

    public string NodeName => $"rabbit@{Name}";

    /// <summary>Of the node's rabbitmq.conf; before it starts.</summary>
    public string Configuration
    {
        get => File.ReadAllText(ConfigurationFile);
        set => File.WriteAllText(ConfigurationFile, value);
    }

    /// <summary>The end of the node's log.</summary>
    public string Log => File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(40)) : "";

    /// <summary>
    /// How far off the node's wall clock is, as faketime has it; null: right. From its next start on, and within a
    /// second if it runs and was started with one.
    /// </summary>
    public string? ClockShift
    {
        get;
        set
        {
            field = value;
            if (value is null)
                return;
            // In one piece, for whoever reads it at this moment.
            File.WriteAllText(FileNamed("clock.new"), $"{value}\n");
            File.Move(FileNamed("clock.new"), FileNamed("clock"), overwrite: true);
        }
    }

    /// <summary>What the node's process has printed, all starts.</summary>
    public string Printed
    {
        get
        {
            string file = Path.Combine(_root, "log", "printed");
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
    }

    /// <summary>Waits until the node's log, from a place on, has a line with this text.</summary>
    /// <param name="from">A length that the log had.</param>
    public async Task LogsAsync(string text, long from = 0)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (!LogFrom(from).Contains(text, StringComparison.Ordinal))
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                throw new FaultException($"{Name} never logs \"{text}\":\n{Log}");
            await Task.Delay(100);
        }
    }

    /// <summary>How long the node's log is.</summary>
    public long LogLength => File.Exists(LogFile) ? new FileInfo(LogFile).Length : 0;

    /// <summary>Where the machine's programs may have a file of their own, and others may look at it.</summary>
    public string FileNamed(string name) => Path.Combine(_root, "etc", name);

    /// <summary>The node's process is there.</summary>
    public bool IsRunning => _node is { HasExited: false };

    private string NodeProcess => $"$(cat /var/lib/rabbitmq/mnesia/{NodeName}.pid)";

    private string LogFile => Path.Combine(_root, "log", $"{NodeName}.log");

    private string LogFrom(long from)
    {
        if (!File.Exists(LogFile))
            return "";
        using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        stream.Position = Math.Min(from, stream.Length);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private string ConfigurationFile => Path.Combine(_root, "etc", "rabbitmq.conf");

    /// <summary>Makes the machine and plugs it in.</summary>
    /// <param name="bridge">The switch.</param>
    /// <param name="hosts">The text of its /etc/hosts.</param>
    /// <param name="diskMebibytes">The size of a disk of its own for its node's data; 0: none.</param>
    public async Task BeginAsync(string bridge, string hosts, int diskMebibytes = 0)
    {
        Configuration = "loopback_users = none\n";
        await File.WriteAllTextAsync(Path.Combine(_root, "etc", "hosts"), hosts);
        WriteTools();
        // Its first process reads until this one ends, however: with it all others of the machine end.
        var first = new ProcessStartInfo("unshare", ["--mount", "--uts", "--net", "--pid", "--fork", "--kill-child",
            "--mount-proc", "/bin/sh", "-c", "exec cat > /dev/null"])
        {
            RedirectStandardInput = true,
        };
        _first = Process.Start(first)!;
        _number = await FirstChildAsync(_first);
        string cable = $"v{Address.GetAddressBytes()[^1]}";
        await OutsideAsync($"ip link add {cable} type veth peer name eth0 netns {_number}");
        await OutsideAsync($"ip link set {cable} master {bridge} up");
        await MustAsync($"hostname {Name}");
        await MustAsync("mount --make-rprivate /");
        await MustAsync($"mount --bind {_root}/etc/hosts /etc/hosts");
        await MustAsync("mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /var/log");
        await MustAsync("mkdir /var/lib/rabbitmq /var/log/rabbitmq");
        await MustAsync($"mount --bind {_root}/log /var/log/rabbitmq");
        if (diskMebibytes > 0)
            Disk = await HostDisk.MountAsync(this, Path.Combine(_root, "lib", "disk.img"), diskMebibytes);
        else
            await MustAsync($"mount --bind {_root}/lib /var/lib/rabbitmq");
        await MustAsync($"ip link set lo up && ip addr add {Address}/24 dev eth0 && ip link set eth0 up");
    }

    /// <summary>Runs a shell's line on the machine, as root, to its end.</summary>
    public Task<CommandResult> RunAsync(string command, TimeSpan? patience = null) =>
        Shell.RunAsync($"{Name}: {command}", Inside(command), patience ?? Patience);

    /// <summary>Runs what must succeed; returns what it said on its output.</summary>
    public async Task<string> MustAsync(string command)
    {
        CommandResult result = await Shell.MustAsync($"{Name}: {command}", Inside(command), Patience);
        return result.Output;
    }

    /// <summary>Runs what sees the machine's files and does not end with the machine; what it said.</summary>
    public async Task<string> MustFromOutsideAsync(string command, TimeSpan patience)
    {
        CommandResult result = await Shell.MustAsync(
            $"{Name}: {command}", ["nsenter", "--target", $"{_number}", "--mount", "/bin/sh", "-c", command], patience);
        return result.Output;
    }

    /// <summary>What the service manager does: starts the node, and goes on while it starts.</summary>
    public void Launch()
    {
        if (IsRunning)
            throw new FaultException($"{Name} has a node already");
        _node?.Dispose();
        string faked = ClockShift is null
            ? ""
            : "env FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1 "
                + $"FAKETIME_TIMESTAMP_FILE={FileNamed("clock")} "
                + "LD_PRELOAD=\"$(faketime -m -f +0 printenv LD_PRELOAD)\" ";
        List<string> line = Inside($"exec {faked}rabbitmq-server >> /var/log/rabbitmq/printed 2>&1");
        _node = Process.Start(line[0], line.Skip(1));
    }

    /// <summary>Starts the node and waits until it lets a client in.</summary>
    public async Task StartAsync()
    {
        Launch();
        await LetsInAsync();
    }

    /// <summary>Waits until the node lets a client in.</summary>
    public async Task LetsInAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await using WireClient client = await ConnectAsync();
                await client.LoginAsync();
                return;
            }
            catch (Exception error) when (error is SocketException or IOException or InvalidOperationException)
            {
                if (!IsRunning)
                    throw new FaultException($"The node on {Name} has ended instead of starting:\n{Printed}\n{Log}");
                if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                    throw new FaultException($"The node on {Name} lets nobody in: {error.Message}\n{Printed}\n{Log}");
            }
            await Task.Delay(20);
        }
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => SignalAsync("KILL");

    /// <summary>SIGTERM; waits for the end.</summary>
    public Task StopAsync() => SignalAsync("TERM");

    /// <summary>SIGSTOP.</summary>
    public Task SuspendAsync()
    {
        Volatile.Write(ref _wentOnAt, long.MaxValue);
        return MustAsync($"kill -STOP {NodeProcess}");
    }

    /// <summary>Its node stood still, and what it did before may be seen only now.</summary>
    public bool HasJustGoneOn => Volatile.Read(ref _wentOnAt) is var at and not 0
        && (at == long.MaxValue || TimeProvider.System.GetElapsedTime(at) < LateFor);

    /// <summary>SIGCONT.</summary>
    public async Task ResumeAsync()
    {
        await MustAsync($"kill -CONT {NodeProcess}");
        // Who waits for the node on the outside has stopped with it.
        await OutsideAsync($"kill -CONT {_node!.Id}");
        Volatile.Write(ref _wentOnAt, TimeProvider.System.GetTimestamp());
    }

    /// <summary>Takes the node's directory away, and leaves the cookie.</summary>
    public void Wipe() => Directory.Delete(Path.Combine(_root, "lib", "mnesia"), recursive: true);

    /// <summary>A client on another machine that has not said anything yet.</summary>
    public async Task<WireClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Address, AmqpPort).WaitAsync(Patience);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        return new WireClient(new NetworkStream(socket, ownsSocket: true));
    }

    public void Dispose()
    {
        // The kernel kills everything on the machine with its first process.
        _first?.Kill(entireProcessTree: true);
        Ended(_first);
        Ended(_node);
    }

    /// <summary>Kills the node and puts what it had on a disk of its own where it stays.</summary>
    public async Task KeepDataAsync()
    {
        if (Disk is null)
            return;
        await KillAsync();
        await MustFromOutsideAsync($"cp -a {HostDisk.Place}/mnesia {_root}/lib/", Patience);
    }

    private void Ended(Process? process)
    {
        if (process?.WaitForExit(EndPatience) == false)
            Console.Error.WriteLine($"{Name} has not ended after {EndPatience.TotalSeconds} s: it is left as it is");
        process?.Dispose();
    }

    // A neighbour at an address that nobody has: the frames go out and arrive nowhere, as behind a broken switch.
    internal async Task LoseAsync(IPAddress to)
    {
        if (_lost.TryAdd(to, true))
            await MustAsync($"ip neigh replace {to} lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
    }

    internal async Task LoseNothingAsync()
    {
        foreach (IPAddress to in _lost.Keys)
            await MustAsync($"ip neigh del {to} dev eth0");
        _lost.Clear();
    }

    private static Task<CommandResult> OutsideAsync(string command) =>
        Shell.MustAsync(command, ["/bin/sh", "-c", command], Patience);

    private static async Task<int> FirstChildAsync(Process parent)
    {
        string file = $"/proc/{parent.Id}/task/{parent.Id}/children";
        long begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Patience)
        {
            string children = await File.ReadAllTextAsync(file);
            if (int.TryParse(children.Trim(), CultureInfo.InvariantCulture, out int child) && IsReading(child))
                return child;
            await Task.Delay(5);
        }
        throw new FaultException("unshare has started nothing");
    }

    // It has its own /proc by then, and all its namespaces.
    private static bool IsReading(int process) =>
        File.ReadAllText($"/proc/{process}/cmdline").StartsWith("cat", StringComparison.Ordinal);

    /// <summary>Waits for the end of a node that was told to end.</summary>
    public Task EndsAsync() => _node!.WaitForExitAsync().WaitAsync(Patience);

    private async Task SignalAsync(string signal)
    {
        if (!IsRunning)
            return;
        await MustAsync($"kill -{signal} {NodeProcess}");
        await _node!.WaitForExitAsync().WaitAsync(Patience);
    }

    private List<string> Inside(string command) =>
        ["nsenter", "--target", $"{_number}", "--mount", "--uts", "--net", "--pid", "/bin/sh", "-c",
            $". {_root}/etc/profile; {command}"];

    // As the package has them, but for the places of what is no data.
    private void WriteTools()
    {
        string home = AppContext.BaseDirectory;
        Write("rabbitmq-server", $"HOME=/var/lib/rabbitmq exec dotnet {home}warren.dll \"$@\"");
        foreach (string tool in (string[])[
            "rabbitmqctl", "rabbitmq-plugins", "rabbitmq-queues", "rabbitmq-diagnostics", "rabbitmq-upgrade", "warren"])
            Write(tool, $"exec dotnet {home}warren-cli.dll {tool} \"$@\"");
        File.WriteAllText(
            Path.Combine(_root, "etc", "profile"),
            $"""
            export PATH={_root}/bin:$PATH
            export RABBITMQ_MNESIA_BASE=/var/lib/rabbitmq/mnesia RABBITMQ_LOG_BASE=/var/log/rabbitmq
            export RABBITMQ_CONFIG_FILE={_root}/etc/rabbitmq RABBITMQ_CONFIG_FILES={_root}/etc/conf.d
            export RABBITMQ_ENABLED_PLUGINS_FILE={_root}/etc/enabled_plugins
            export RABBITMQ_CONF_ENV_FILE={_root}/etc/rabbitmq-env.conf
            export RABBITMQ_ADVANCED_CONFIG_FILE={_root}/etc/advanced.config

            """);
    }

    private void Write(string tool, string line)
    {
        string file = Path.Combine(_root, "bin", tool);
        File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }
}
