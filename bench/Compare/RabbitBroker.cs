using System.Diagnostics;
using System.Globalization;

namespace Warren.Compare;

/// <summary>RabbitMQ as the distribution's package installs it, with its defaults and without plugins.</summary>
internal class RabbitBroker(string directory, int port) : BrokerProcess("RabbitMQ", directory, port)
{
    // The script behind the package's wrapper, which insists on the service's user.
    private const string Script = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private const int KillAttempts = 50;

    internal static bool Installed => File.Exists(Script);

    internal override int ProcessId =>
        int.Parse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture);

    private string PidFile => Path.Combine(Directory, "pid");

    internal virtual string NodeName => "bench-rabbit@localhost";

    /// <summary>Of the name service of the Erlang runtime, which stays behind when the node ends.</summary>
    protected virtual int NamesPort => Port + 2;

    /// <summary>The name service is this node's alone, and ends with it.</summary>
    protected virtual bool OwnsNames => true;

    protected override void Describe(ProcessStartInfo start)
    {
        start.FileName = Script;
        SetEnvironment(start, NodeName);
        start.Environment["ERL_EPMD_PORT"] = $"{NamesPort}";
        start.Environment["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        start.Environment["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}";
    }

    protected override void AfterStop()
    {
        // So that the next start's number is not mistaken for the last one's.
        File.Delete(PidFile);
        if (OwnsNames)
            EndNames();
    }

    internal void EndNames()
    {
        using var never = new ManualResetEventSlim(false);
        for (int attempt = 0; attempt < KillAttempts && !NamesGone(); attempt++)
            never.Wait(100);
    }

    // The service refuses as long as it believes that a node lives; it hears of its death a little later.
    private bool NamesGone()
    {
        var start = new ProcessStartInfo("epmd", ["-kill"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ERL_EPMD_PORT"] = $"{NamesPort}";
        using Process kill = Process.Start(start) ?? throw new IOException("epmd could not be started");
        kill.WaitForExit();
        return !kill.StandardOutput.ReadToEnd().Contains("not allowed", StringComparison.Ordinal);
    }
}
