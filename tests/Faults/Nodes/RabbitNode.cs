using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Warren.Faults.Nodes;

/// <summary>
/// RabbitMQ as the distribution's package installs it, with its defaults and without plugins: what the harness is tried
/// on, since it is known to keep what it confirmed.
/// </summary>
internal sealed class RabbitNode : NodeProcess
{
    // The script behind the package's wrapper, which insists on the service's user.
    private const string Script = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private readonly int _port = FreePort();
    private readonly int _distributionPort = FreePort();
    private readonly int _namesPort = FreePort();

    public RabbitNode()
        : base(null)
    {
    }

    /// <summary>Whether it is there.</summary>
    public static bool IsInstalled => File.Exists(Script);

    protected override IPEndPoint Place => new(IPAddress.Loopback, _port);

    private string PidFile => Path.Combine(Root, "node.pid");

    protected override void Describe(ProcessStartInfo start)
    {
        File.Delete(PidFile);
        start.FileName = Script;
        SetPlaces(start);
        start.Environment["RABBITMQ_NODE_PORT"] = $"{_port}";
        start.Environment["RABBITMQ_DIST_PORT"] = $"{_distributionPort}";
        // The name service of the Erlang runtime stays behind when the node ends; this one is ours alone.
        start.Environment["ERL_EPMD_PORT"] = $"{_namesPort}";
        start.Environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
    }

    protected override bool HasStarted(string printed) =>
        printed.Contains("Starting broker... completed", StringComparison.Ordinal);

    /// <summary>The runtime, once it has said who it is; until then the script that starts it.</summary>
    protected override Process Served(Process started)
    {
        string text = File.Exists(PidFile) ? File.ReadAllText(PidFile) : "";
        return int.TryParse(text, CultureInfo.InvariantCulture, out int id) ? Process.GetProcessById(id) : started;
    }

    protected override void KillServing(Process started)
    {
        using Process serving = Served(started);
        serving.Kill();
        if (!started.HasExited)
            started.Kill(entireProcessTree: true);
    }

    protected override void AfterEnd()
    {
        var start = new ProcessStartInfo("epmd", ["-kill"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ERL_EPMD_PORT"] = $"{_namesPort}";
        using Process? kill = Process.Start(start);
        kill?.WaitForExit();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
