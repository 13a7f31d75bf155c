using System.Diagnostics;
using System.Net.Sockets;

namespace Warren.Compare;

/// <summary>
/// A broker that is started afresh for every round, on a port and in a directory of its own, and stopped after it, so
/// that what one scenario leaves behind (memory, above all) is not counted in the next.
/// </summary>
internal abstract class Broker(string name, string directory, int port) : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private Process? _process;

    internal string Name { get; } = name;

    internal string Address => $"amqp://guest:guest@127.0.0.1:{Port}";

    /// <summary>The process whose processor time and memory are counted.</summary>
    internal virtual int ProcessId => _process!.Id;

    protected string Directory { get; } = directory;

    protected int Port { get; } = port;

    internal void Start()
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true };
        Describe(start);
        System.IO.Directory.CreateDirectory(Directory);
        _process = Process.Start(start) ?? throw new IOException($"{Name} could not be started");
        // What it prints is dropped, so that a full pipe never stops it.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AwaitListening(_process);
    }

    internal void Stop()
    {
        if (_process is null)
            return;
        if (!_process.HasExited)
        {
            using Process terminate = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            terminate.WaitForExit();
            if (!_process.WaitForExit(StopLimit))
                _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        _process = null;
        AfterStop();
        if (System.IO.Directory.Exists(Directory))
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    public void Dispose() => Stop();

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
        start.Environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(Directory, "mnesia");
        start.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(Directory, "log");
        start.Environment["RABBITMQ_PID_FILE"] = Path.Combine(Directory, "pid");
        start.Environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(Directory, "none");
        start.Environment["RABBITMQ_CONFIG_FILES"] = Path.Combine(Directory, "none.d");
        start.Environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(Directory, "no-plugins");
        start.Environment["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(Directory, "none-env");
        start.Environment["HOME"] = Directory;
    }

    private void AwaitListening(Process process)
    {
        long begun = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim(false);
        while (Stopwatch.GetElapsedTime(begun) < StartLimit)
        {
            if (process.HasExited)
                throw new IOException($"{Name} ended with {process.ExitCode} instead of listening on port {Port}");
            if (Greets())
                return;
            never.Wait(100);
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
