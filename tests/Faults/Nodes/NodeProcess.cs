using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Warren.Wire;

namespace Warren.Faults.Nodes;

/// <summary>
/// A broker in a process of its own, started again and again on the same data. It is killed when disposed, and by the
/// end of this process if that never happens; its directory stays when <see cref="KeepsDirectory"/> is set.
/// </summary>
internal abstract class NodeProcess : IDisposable
{
    /// <summary>A start may recover much; nobody waits it out.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(120);

    private readonly EventHandler _atExit;
    private readonly StringBuilder _printed = new();
    private Process? _process;

    protected NodeProcess(string? directory)
    {
        KeepsDirectory = directory is not null;
        Root = directory ?? Directory.CreateTempSubdirectory("warren-faults-").FullName;
        _atExit = (_, _) => Kill();
        AppDomain.CurrentDomain.ProcessExit += _atExit;
    }

    /// <summary>All the node's files are below it.</summary>
    public string Root { get; }

    /// <summary>Whether the directory is left behind for somebody to look at.</summary>
    public bool KeepsDirectory { get; set; }

    /// <summary>What every start since the beginning has printed.</summary>
    public string Printed
    {
        get
        {
            lock (_printed)
                return _printed.ToString();
        }
    }

    /// <summary>The end of the node's own log.</summary>
    public string Log
    {
        get
        {
            string file = Path.Combine(Root, "log", "faults@localhost.log");
            return File.Exists(file) ? string.Join('\n', File.ReadLines(file).TakeLast(30)) : "";
        }
    }

    /// <summary>How long the latest start took, from the process to the first client let in.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>Processor time that the latest whole start used.</summary>
    public TimeSpan StartWork { get; private set; }

    /// <summary>Where it serves AMQP.</summary>
    protected abstract IPEndPoint Place { get; }

    /// <summary>Starts it and returns once it lets a client in.</summary>
    public async Task StartAsync()
    {
        Process process = Launch();
        long started = TimeProvider.System.GetTimestamp();
        while (!await LetsInAsync(process))
        {
            if (process.HasExited)
                throw new FaultException($"The node has ended instead of starting. It printed:\n{Printed}");
            if (TimeProvider.System.GetElapsedTime(started) > StartPatience)
                throw new FaultException($"The node did not start. It printed:\n{Printed}");
            await Task.Delay(5);
        }
        StartTime = TimeProvider.System.GetElapsedTime(started);
        StartWork = Work(process);
    }

    /// <summary>
    /// Starts it and kills it when it has used so much processor time, wherever in its start that is.
    /// </summary>
    public async Task StartAndKillAsync(TimeSpan work)
    {
        Process process = Launch();
        // It may use less than the time before.
        while (!process.HasExited && Work(process) < work && !HasStarted(Printed))
            await Task.Delay(1);
        Kill();
    }

    /// <summary>Kills it at once: SIGKILL.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _process, null) is not { } process)
            return;
        KillServing(process);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>Asks it to stop and waits until it has; the result is its exit code.</summary>
    public async Task<int> StopAsync()
    {
        Process process = _process!;
        // The shell's own kill: a bare machine has no program of that name.
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {Served(process).Id}"]);
        await kill.WaitForExitAsync();
        await process.WaitForExitAsync().WaitAsync(StartPatience);
        int code = process.ExitCode;
        _process = null;
        process.Dispose();
        return code;
    }

    /// <summary>Whether it has ended by itself.</summary>
    public bool HasEnded => _process?.HasExited ?? true;

    /// <summary>A client that has not said anything yet.</summary>
    public async Task<WireClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(Place);
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
        AppDomain.CurrentDomain.ProcessExit -= _atExit;
        Kill();
        AfterEnd();
        if (!KeepsDirectory)
            Directory.Delete(Root, recursive: true);
    }

    /// <summary>Says what to execute, with which environment.</summary>
    protected abstract void Describe(ProcessStartInfo start);

    /// <summary>Whether the latest start, by what it printed, is complete.</summary>
    protected abstract bool HasStarted(string printed);

    /// <summary>The process that serves, if it is another than the one that was started.</summary>
    protected virtual Process Served(Process started) => started;

    protected virtual void KillServing(Process started) => started.Kill();

    protected virtual void AfterEnd()
    {
    }

    /// <summary>Where the node keeps its files, in the variables that both brokers understand.</summary>
    protected void SetPlaces(ProcessStartInfo start)
    {
        foreach (string name in start.Environment.Keys.Where(IsOfANode).ToList())
            start.Environment.Remove(name);
        start.Environment["RABBITMQ_NODENAME"] = "faults@localhost";
        start.Environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(Root, "data");
        start.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(Root, "log");
        start.Environment["RABBITMQ_PID_FILE"] = Path.Combine(Root, "node.pid");
        start.Environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(Root, "rabbitmq");
        start.Environment["RABBITMQ_CONFIG_FILES"] = Path.Combine(Root, "conf.d");
        start.Environment["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(Root, "advanced");
        start.Environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Root, "enabled_plugins");
        start.Environment["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(Root, "rabbitmq-env.conf");
        start.Environment["HOME"] = Root;
    }

    private static bool IsOfANode(string name) =>
        name.StartsWith("RABBITMQ_", StringComparison.Ordinal) || name == "NOTIFY_SOCKET";

    private TimeSpan Work(Process started)
    {
        try
        {
            return Served(started).TotalProcessorTime;
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // It has ended.
            return TimeSpan.Zero;
        }
    }

    private Process Launch()
    {
        lock (_printed)
            _printed.Clear();
        var start = new ProcessStartInfo
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        Describe(start);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        return process;
    }

    private async Task<bool> LetsInAsync(Process process)
    {
        if (!HasStarted(Printed) || process.HasExited)
            return false;
        try
        {
            await using WireClient client = await ConnectAsync();
            await client.LoginAsync();
            return true;
        }
        catch (Exception error) when (error is SocketException or IOException or InvalidOperationException)
        {
            // It listens already and is not ready yet.
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_printed)
            _printed.AppendLine(line);
    }
}
