using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Warren.Conformance.Player;
using Warren.Conformance.Wire;

namespace Warren.Conformance.Harness;

/// <summary>
/// A Warren node of its own process, on a free port, with its data in a directory that goes with it. It is killed when
/// disposed, and by the end of this process if that never happens.
/// </summary>
public sealed class WarrenProcess : RunningBroker
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-conformance-").FullName;
    private readonly StringBuilder _log = new();
    private Process? _process;

    public WarrenProcess(IReadOnlyList<Scenario> scenarios)
    {
        Endpoint = new Endpoint("127.0.0.1", FreePort(), "guest", "guest");
        string definitions = Path.Combine(_directory, "definitions.json");
        File.WriteAllText(definitions, Fixtures.Definitions(scenarios));
        File.WriteAllText(Path.Combine(_directory, "rabbitmq.conf"), $"load_definitions = {definitions}\n");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
        Start();
    }

    public override Endpoint Endpoint { get; }

    public override bool IsWarren => true;

    public override string? CannotRestart => null;

    /// <summary>What the node has printed so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    public override void Restart()
    {
        Kill();
        Start();
    }

    protected override void Dispose(bool disposing)
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    private void Start()
    {
        string server = FindServer();
        ProcessStartInfo start = new("dotnet", [server])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _directory,
        };
        start.Environment["RABBITMQ_NODE_IP_ADDRESS"] = Endpoint.Host;
        start.Environment["RABBITMQ_NODE_PORT"] = $"{Endpoint.Port}";
        start.Environment["RABBITMQ_DIST_PORT"] = $"{FreePort()}";
        start.Environment["RABBITMQ_NODENAME"] = $"conformance{Endpoint.Port}@localhost";
        start.Environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(_directory, "data");
        start.Environment["RABBITMQ_RUN_DIR"] = Path.Combine(_directory, "run");
        start.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(_directory, "log");
        start.Environment["RABBITMQ_LOGS"] = "-";
        start.Environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(_directory, "rabbitmq.conf");
        start.Environment["HOME"] = _directory;
        Process process = new() { StartInfo = start };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
        if (!Deadline.Await(StartPatience, () => process.HasExited || Accepts()) || process.HasExited)
            throw new InvalidOperationException($"{server} does not accept AMQP on port {Endpoint.Port}:\n{Log}");
    }

    private bool Accepts()
    {
        try
        {
            using WireConnection connection = new(Endpoint.Host, Endpoint.Port);
            connection.Send("AMQP\0\0\u0009\u0001"u8);
            return connection.Receive(TimeSpan.FromSeconds(2))?.Name == "connection.start";
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.AppendLine(line);
    }

    private void Kill()
    {
        Process? process = Interlocked.Exchange(ref _process, null);
        if (process is null)
            return;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    /// <summary>The newest build of src/Server, or the one that WARREN_CONFORMANCE_SERVER names.</summary>
    private static string FindServer()
    {
        if (Environment.GetEnvironmentVariable("WARREN_CONFORMANCE_SERVER") is { } named)
            return named;
        string bin = Repository.Path("src", "Server", "bin");
        FileInfo? newest = Directory.Exists(bin)
            ? new DirectoryInfo(bin).EnumerateFiles("warren.dll", SearchOption.AllDirectories)
                .OrderByDescending(file => file.LastWriteTimeUtc).FirstOrDefault()
            : null;
        return newest?.FullName ?? throw new InvalidOperationException(
            $"no warren.dll below {bin}; build src/Server first");
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
