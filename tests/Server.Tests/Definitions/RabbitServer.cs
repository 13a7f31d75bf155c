using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Warren.Server.Tests.Definitions;

/// <summary>
/// RabbitMQ as the distribution's package installs it, on ports and directories of its own, without plugins. It is
/// killed when disposed, and its name service with it.
/// </summary>
internal sealed class RabbitServer : IDisposable
{
    // The scripts behind the package's wrappers, which insist on the service's user.
    private const string Programs = "/usr/lib/rabbitmq/bin";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _root = Directory.CreateTempSubdirectory("warren-definitions-").FullName;
    private readonly int[] _ports = [.. Enumerable.Range(0, 3).Select(_ => FreePort())];
    private readonly Process _process;

    /// <summary>Starts it with what a definitions document says, and waits until that is applied.</summary>
    public RabbitServer(string definitions)
    {
        File.WriteAllText(Path.Combine(_root, "definitions.json"), definitions);
        File.WriteAllText(
            Path.Combine(_root, "rabbitmq.conf"), $"load_definitions = {Path.Combine(_root, "definitions.json")}\n");
        _process = Start("rabbitmq-server");
        string printed = "";
        while (!printed.Contains("Starting broker... completed", StringComparison.Ordinal))
        {
            if (_process.StandardOutput.ReadLine() is not { } line)
            {
                Dispose();
                throw new InvalidOperationException($"RabbitMQ has ended instead of starting. It printed:\n{printed}");
            }
            printed += line + "\n";
        }
    }

    /// <summary>Null, or why it cannot be used.</summary>
    public static string? Missing => File.Exists($"{Programs}/rabbitmq-server")
        ? null
        : "RabbitMQ is not installed (Debian: rabbitmq-server)";

    /// <summary>What it exports.</summary>
    public string Export()
    {
        string file = Path.Combine(_root, "exported.json");
        using Process control = Start("rabbitmqctl", "-q", "export_definitions", file);
        string said = control.StandardOutput.ReadToEnd() + control.StandardError.ReadToEnd();
        control.WaitForExit(Patience);
        return File.Exists(file) ? File.ReadAllText(file) : throw new InvalidOperationException(said);
    }

    public void Dispose()
    {
        // The runtime, once it has said who it is, outlives the script that started it.
        string pid = Path.Combine(_root, "node.pid");
        if (File.Exists(pid) && int.TryParse(File.ReadAllText(pid), CultureInfo.InvariantCulture, out int id))
        {
            try
            {
                using Process serving = Process.GetProcessById(id);
                serving.Kill();
                serving.WaitForExit();
            }
            catch (ArgumentException)
            {
                // It has ended.
            }
        }
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        using (Process names = Start("/usr/bin/epmd", "-kill"))
            names.WaitForExit(Patience);
        Directory.Delete(_root, recursive: true);
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Programs, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _root,
        };
        string[] inherited =
        [
            .. start.Environment.Keys.Where(key => key.StartsWith("RABBITMQ_", StringComparison.Ordinal)),
            "NOTIFY_SOCKET",
        ];
        foreach (string name in inherited)
            start.Environment.Remove(name);
        start.Environment["RABBITMQ_NODENAME"] = "definitions@localhost";
        start.Environment["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_NODE_PORT"] = $"{_ports[0]}";
        start.Environment["RABBITMQ_DIST_PORT"] = $"{_ports[1]}";
        start.Environment["RABBITMQ_MNESIA_BASE"] = Path.Combine(_root, "data");
        start.Environment["RABBITMQ_LOG_BASE"] = Path.Combine(_root, "log");
        start.Environment["RABBITMQ_PID_FILE"] = Path.Combine(_root, "node.pid");
        start.Environment["RABBITMQ_CONFIG_FILE"] = Path.Combine(_root, "rabbitmq");
        start.Environment["RABBITMQ_CONFIG_FILES"] = Path.Combine(_root, "conf.d");
        start.Environment["RABBITMQ_ADVANCED_CONFIG_FILE"] = Path.Combine(_root, "advanced");
        start.Environment["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_root, "enabled_plugins");
        start.Environment["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_root, "rabbitmq-env.conf");
        start.Environment["HOME"] = _root;
        start.Environment["ERL_EPMD_PORT"] = $"{_ports[2]}";
        start.Environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
