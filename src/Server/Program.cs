using System.Runtime.InteropServices;
using Warren.Broker;
using Warren.Server;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Server.Logging;
using Warren.Server.StorageTool;

// EX_IOERR of sysexits.h, so that a service manager can tell a failed disk from a wrong configuration.
const int InputOutputFailed = 74;

// Longer than the election of a leader among nodes that start together.
TimeSpan WaitingPatience = TimeSpan.FromSeconds(5);

if (args is ["storage", .. var storageArguments])
    return StorageCommand.Run(storageArguments, Console.Out, Console.Error);
try
{
    CommandLine line = CommandLine.Parse(args);
    if (line.ShowsVersion || line.ShowsHelp)
    {
        Console.WriteLine(line.ShowsVersion ? Welcome.Version : CommandLine.Usage);
        return 0;
    }
    NodeOptions options = NodeConfiguration.Load();
    TimeProvider time = TimeProvider.System;
    using var stopping = new SemaphoreSlim(0);
    using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using NodeLog log = NodeLog.Start(
        options.Log, time, options.Log.ConsoleIsStandardError ? Console.Error : Console.Out);
    using PosixSignalRegistration onHangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        log.Reopen();
    });
    log.Write(
        LogLevel.Info, LogCategory.Default,
        $"starting {Welcome.Version} as {options.Places.NodeName}, .NET {Environment.Version}");
    var seams = new NodeSeams(time, new Random(unchecked((int)time.GetTimestamp())), End);
    await using var host = new NodeHost(options, seams, log);
    await using ControlEndpoint control = ControlEndpoint.Start(host);
    using var pidFile = PidFile.Write(options.Places.PidFile);
    Task ended = Task.WhenAny(stopping.WaitAsync(), host.Stopping);
    Task serving = ServeAsync();
    // A node that waits for others is up: whoever starts them one after another must not wait with it.
    bool waits = await Task.WhenAny(serving, ended, Task.Delay(WaitingPatience)) != serving;
    if (waits)
        Notification.Send($"READY=1\nSTATUS={host.Cluster?.Waiting ?? "starting"}");
    if (await Task.WhenAny(serving, ended) == serving)
    {
        await serving;
        // A command may have stopped its broker by now.
        if (host.Node is { } node)
            Welcome.Print(Console.Out, options, node);
        Notification.Send(waits ? "STATUS=serving" : "READY=1");
        await ended;
    }
    Notification.Send("STOPPING=1");
    return 0;

    async Task ServeAsync()
    {
        try
        {
            await host.StartAppAsync();
            if (host.Node is { } node)
                await node.Serving;
        }
        catch (OperationCanceledException)
        {
            // A command has stopped the broker before it served anybody; another may start it.
            await ended;
        }
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        stopping.Release();
    }

    // The log may lie on the disk that has failed: it gets time to write, and no more. Nobody is confirmed meanwhile.
    void End(string sentence)
    {
        Console.Error.WriteLine($"The node ends: {sentence}");
        log.End(TimeSpan.FromSeconds(2));
        Environment.Exit(InputOutputFailed);
    }
}
catch (ConfigurationException error)
{
    Console.Error.WriteLine($"The node cannot start: {error.Message}");
    return 1;
}
