using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Warren.Wire;

namespace Warren.Server.Tests.Node;

/// <summary>
/// A node in a process of its own, with all its files in a directory that goes with it and AMQP on a port that the
/// system chose. It is killed when disposed, and by the end of this process if that never happens.
/// </summary>
internal sealed partial class ServerProcess : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("warren-process-").FullName;
    private readonly EventHandler _atExit;
    private Process? _process;

    public ServerProcess()
    {
        _atExit = (_, _) => Kill();
        AppDomain.CurrentDomain.ProcessExit += _atExit;
        Variables = new Dictionary<string, string?>
        {
            ["RABBITMQ_NODENAME"] = "tested@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = "0",
            ["RABBITMQ_DIST_PORT"] = "0",
            ["RABBITMQ_RUN_DIR"] = PathOf("run"),
            ["RABBITMQ_MNESIA_BASE"] = PathOf("data"),
            ["RABBITMQ_LOG_BASE"] = PathOf("log"),
            ["RABBITMQ_CONFIG_FILE"] = PathOf("rabbitmq"),
            ["RABBITMQ_CONFIG_FILES"] = PathOf("conf.d"),
            ["RABBITMQ_ADVANCED_CONFIG_FILE"] = PathOf("advanced"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = PathOf("enabled_plugins"),
            ["RABBITMQ_CONF_ENV_FILE"] = PathOf("rabbitmq-env.conf"),
            ["HOME"] = _directory,
        };
        Write("rabbitmq.conf", "");
    }

    /// <summary>
    /// What the node is started with beyond the environment of this process; null takes a variable away.
    /// </summary>
    public Dictionary<string, string?> Variables { get; }

    /// <summary>What a shell runs before it becomes the node; null: there is no shell.</summary>
    public string? Before { get; set; }

    public LogText Output { get; } = new();

    public LogText Errors { get; } = new();

    public int Id => _process!.Id;

    /// <summary>Where it serves AMQP, as it printed it.</summary>
    public IPEndPoint Place
    {
        get
        {
            Match match = ConnectTo().Match(Output.ToString());
            return new IPEndPoint(
                IPAddress.Parse(match.Groups["address"].Value),
                int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Where its data lies.</summary>
    public string DataDirectory => PathOf("data", Variables["RABBITMQ_NODENAME"]!);

    /// <summary>What runs: a file beside the tests and its first arguments.</summary>
    public string[] Program { get; init; } = ["warren.dll"];

    /// <summary>What it is told on its standard input.</summary>
    public TextWriter Input => _process!.StandardInput;

    public string PathOf(params string[] parts) => Path.Combine([_directory, .. parts]);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public void Start(params string[] arguments)
    {
        string[] command =
            ["dotnet", Path.Combine(AppContext.BaseDirectory, Program[0]), .. Program[1..], .. arguments];
        if (Before is not null)
            command = ["/bin/sh", "-c", $"{Before}; exec \"$@\"", "sh", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = _directory,
        };
        foreach (string name in start.Environment.Keys.Where(IsOfANode).ToList())
            start.Environment.Remove(name);
        foreach ((string name, string? value) in Variables)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(Output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(Errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it and waits until it says that it has started.</summary>
    public async Task StartUpAsync()
    {
        Start();
        await Eventually.True(() => Output.Has("completed start-up.") || _process!.HasExited, All);
        if (!Output.Has("completed start-up."))
            throw new InvalidOperationException($"The node has ended. {All()}");
    }

    /// <summary>Starts it again, after its end.</summary>
    public Task RestartAsync()
    {
        Kill();
        Output.Clear();
        Errors.Clear();
        return StartUpAsync();
    }

    /// <summary>A client that has not said anything yet.</summary>
    public async Task<WireClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Place);
        return new WireClient(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Sends a signal such as <c>TERM</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        // The shell's own kill: a bare machine has no program of that name.
        using Process kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {Id}"]);
        await kill.WaitForExitAsync().WaitAsync(Eventually.Patience);
    }

    /// <summary>Waits for its end; the result is the exit code.</summary>
    public async Task<int> EndAsync()
    {
        try
        {
            await _process!.WaitForExitAsync().WaitAsync(Eventually.Patience);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The node did not end. {All()}");
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill()
    {
        if (Interlocked.Exchange(ref _process, null) is not { } process)
            return;
        process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= _atExit;
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    private static bool IsOfANode(string name) =>
        name.StartsWith("RABBITMQ_", StringComparison.Ordinal) || name == "NOTIFY_SOCKET";

    private static void Keep(LogText text, string? line)
    {
        if (line is not null)
            text.WriteLine(line);
    }

    private string All() => $"It printed:\n{Output}\n{Errors}";

    [GeneratedRegex("connect to +amqp://[^@]*@(?<address>[0-9.]+):(?<port>[0-9]+)/")]
    private static partial Regex ConnectTo();
}
