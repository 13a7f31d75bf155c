using System.Runtime.InteropServices;
using Warren.Broker;
using Warren.Server;
using Warren.Server.Configuration;
using Warren.Server.Control;
using Warren.Server.Logging;
using Warren.Server.StorageTool;

// EX_IOERR of sysexits.h, so that a service manager can tell a failed disk from a wrong configuration.
const int InputOutputFailed = 74;

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
    await host.StartAppAsync();
    using var pidFile = PidFile.Write(options.Places.PidFile);
    Welcome.Print(Console.Out, options, host.Node!);
    Notification.Send("READY=1");
    await Task.WhenAny(stopping.WaitAsync(), host.Stopping);
    Notification.Send("STOPPING=1");
    return 0;

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
