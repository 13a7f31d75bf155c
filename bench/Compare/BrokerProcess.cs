using System.Diagnostics;
using System.Net.Sockets;

namespace Warren.Compare;

/// <summary>
/// A broker of one process, on a port and in a directory of its own. The measuring thread uses it, and one more
/// disposes of it when the run is interrupted: nothing starts after that.
/// </summary>
internal abstract class BrokerProcess(string name, string directory, int port) : Broker(name)
{
    // Both brokers may have a million messages to read at a start, or to write at a stop.
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private Process? _process;
    private bool _disposed;

    internal override string Address => $"amqp://guest:guest@127.0.0.1:{Port}";

    internal override int ProcessId => _process!.Id;

    internal bool IsRunning => _process is not null;

    internal override string DataDirectory => Path.Combine(Directory, "mnesia");

    protected string Directory { get; } = directory;

    protected int Port { get; } = port;

    internal override TimeSpan Start()
    {
        long begun = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true };
        Describe(start);
        Process process;
        lock (_gate)
        {
            if (_disposed)
                throw new IOException($"{Name} is not started any more, since the run is interrupted");
            System.IO.Directory.CreateDirectory(Directory);
            process = Process.Start(start) ?? throw new IOException($"{Name} could not be started");
            _process = process;
        }

        // What it prints is dropped, so that a full pipe never stops it.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AwaitListening(begun);
        return Stopwatch.GetElapsedTime(begun);
    }

    internal override void Stop()
    {
        Process process = Running();
        Signal("-TERM", process.Id);
        if (!process.WaitForExit(StopLimit))
            throw new IOException($"{Name} was still there {StopLimit.TotalSeconds} s after SIGTERM");
        Forget(process);
    }

    internal override void Kill()
    {
        Process process = Running();
        EndAtOnce(process);
        Forget(process);
    }

    internal override void Discard()
    {
        lock (_gate)
        {
            if (_process is { } process)
            {
                EndAtOnce(process);
                Forget(process);
            }

            if (System.IO.Directory.Exists(Directory))
                System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    public override void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            Discard();
        }
    }

    /// <summary>Says what to execute, with which environment.</summary>
    protected abstract void Describe(ProcessStartInfo start);

    protected virtual void AfterStop()
    {
    }

    // RabbitMQ's environment variables, which both brokers understand.
    protected void SetEnvironment(ProcessStartInfo start, string nodeName)
    {
        start.Environment["RABBITMQ_NODENAME"] = nodeName;
        start.Environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_NODE_PORT"] = $"{Port}";
        start.Environment["RABBITMQ_DIST_PORT"] = $"{Port + 1}";
        start.Environment["RABBITMQ_MNESIA_BASE"] = DataDirectory;
        start.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(Directory, "log");
        start.Environment["RABBITMQ_PID_FILE"] = Path.Combine(Directory, "pid");
        start.Environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(Directory, "none");
        start.Environment["RABBITMQ_CONFIG_FILES"] = Path.Combine(Directory, "none.d");
        start.Environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Directory, "no-plugins");
        start.Environment["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(Directory, "none-env");
        start.Environment["HOME"] = Directory;
    }

    // Of one among several, which all know the same secret, as an operator would have copied it.
    protected void Configure(ProcessStartInfo start, string settings)
    {
        System.IO.Directory.CreateDirectory(Directory);
        string cookie = Path.Combine(Directory, ".erlang.cookie");
        if (!File.Exists(cookie))
        {
            File.WriteAllText(cookie, "WARRENBENCHWARRENBENCH");
            File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        }

        string file = Path.Combine(Directory, "rabbitmq.conf");
        File.WriteAllText(file, settings);
        start.Environment["RABBITMQ_CONFIG_FILE"] = file;
    }

    private static void Signal(string signal, int processId)
    {
        using Process kill = Process.Start("kill", [signal, $"{processId}"]);
        kill.WaitForExit();
    }

    private Process Running() => _process ?? throw new IOException($"{Name} does not run");

    // What was started may be a script that outlives the broker's own process, or the other way round: both go.
    private void EndAtOnce(Process process)
    {
        try
        {
            using var own = Process.GetProcessById(ProcessId);
            own.Kill();
            if (!own.WaitForExit(KillLimit))
                throw new IOException($"{Name} was still there {KillLimit.TotalSeconds} s after SIGKILL");
        }
        catch (Exception error) when (error is FileNotFoundException or ArgumentException or InvalidOperationException)
        {
            // It had not come so far as to say which process it is, or has gone.
        }

        process.Kill(entireProcessTree: true);
        process.WaitForExit(KillLimit);
    }

    private void Forget(Process process)
    {
        process.Dispose();
        _process = null;
        AfterStop();
    }

    /// <summary>Waits until the port answers.</summary>
    internal void AwaitListening(long begun)
    {
        Process process = Running();
        using var never = new ManualResetEventSlim(false);
        while (Stopwatch.GetElapsedTime(begun) < StartLimit)
        {
            if (process.HasExited)
                throw new IOException($"{Name} ended with {process.ExitCode} instead of listening on port {Port}");
            if (Greets())
                return;
            never.Wait(10);
        }

        throw new IOException($"{Name} does not listen on port {Port} after {StartLimit.TotalSeconds} s");
    }

    private bool Greets()
    {
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5000 };
            socket.Connect("127.0.0.1", Port);
            socket.Send("AMQP\0\0\u0009\u0001"u8);
            return socket.Receive(new byte[1]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
