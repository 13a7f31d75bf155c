using System.Text.Json.Nodes;
using Warren.Load;

// Exit status: 0, or 1 when the broker failed the run (the line then holds "error"), or 2 for a wrong command line.
try
{
    string command = args.Length > 0 ? args[0] : "help";
    var arguments = new Arguments(args.Length > 0 ? args.AsSpan(1) : []);
    JsonObject? result = command switch
    {
        "run" => Run(RunOptions.From(arguments)),
        "queues" => new DeclareCommand(arguments).Run(),
        "idle" => new IdleCommand(arguments).Run(),
        "churn" => new ChurnCommand(arguments).Run(),
        "connections" => new ConnectCommand(arguments).Run(),
        "waiting" => new WaitingCommand(arguments).Run(),
        "floor" => new SyncFloorCommand(arguments).Run(),
        _ => null,
    };
    Console.WriteLine(result?.ToJsonString() ?? Usage());
    return result is null && command != "help" ? 2 : 0;
}
catch (UsageException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    return 2;
}
catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
{
    Console.WriteLine(new JsonObject { ["error"] = failure.Message }.ToJsonString());
    return 1;
}

static JsonObject Run(RunOptions options)
{
    using var measurement = new Measurement(options);
    return measurement.Run();
}

static string Usage()
{
    using Stream text = typeof(Measurement).Assembly.GetManifestResourceStream("usage.txt")!;
    return new StreamReader(text).ReadToEnd().TrimEnd();
}
