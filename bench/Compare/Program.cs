using System.Globalization;
using System.Runtime.InteropServices;
using Warren.Compare;

const int WarrenPort = 27672;
const int RabbitPort = 27682;
const int ClusterPort = 27692;
const int RabbitClusterPort = 27732;

Options options;
try
{
    options = Options.Parse(args);
}
catch (FormatException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    return 2;
}

string bench = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));
string server = options.Server.Length > 0
    ? options.Server
    : Path.Combine(bench, "../src/Server/bin/Release/net10.0/warren");
string tool = options.Tool.Length > 0
    ? options.Tool
    : Path.Combine(bench, "../src/Cli/bin/Release/net10.0/warren-cli");
string directory = Path.Combine(options.Directory, $"warren-bench-{Environment.ProcessId}");
var load = new LoadTool(
    Path.Combine(bench, "Load/bin/Release/net10.0/Warren.Load.dll"),
    options.Seconds, options.WarmUpSeconds, options.Raw);

var brokers = new List<Broker>();
if (options.Only != "warren" && !RabbitBroker.Installed)
    Console.WriteLine("RabbitMQ (the package rabbitmq-server) is not installed, so there are no ratios.\n");

// A broker must not outlive an interrupted run.
AppDomain.CurrentDomain.ProcessExit += (_, _) =>
{
    foreach (Broker broker in brokers.ToArray())
        broker.Dispose();
    if (Directory.Exists(directory))
        Directory.Delete(directory, recursive: true);
};
// The runtime itself ends at once at a signal, without saying so to anybody.
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(130));
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Environment.Exit(143));

Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{Environment.ProcessorCount} cores; medians of {options.Rounds} rounds of {options.Seconds} s, brokers in turn"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"data in {options.Directory} on {FileSystem.Of(options.Directory)}; numbers of messages times {options.Scale}"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"load average before: {File.ReadAllText("/proc/loadavg").Split(' ')[0]}\n\n{Table.Head}"));
foreach (Scenario scenario in options.Scenarios)
{
    brokers.Clear();
    brokers.AddRange(BrokersFor(scenario));
    var results = brokers.ToDictionary(broker => broker, _ => new Result());
    for (int round = 0; round < options.Rounds; round++)
    {
        foreach (Broker broker in brokers)
            results[broker].Add(MeasureOnce(broker, scenario));
    }

    for (int step = 0; step < scenario.Steps.Length; step++)
        Console.WriteLine(Table.Line(scenario, step, Of("Warren"), Of("RabbitMQ")));

    Result? Of(string name) => results.FirstOrDefault(pair => pair.Key.Name == name).Value;
}

return 0;

IEnumerable<Broker> BrokersFor(Scenario scenario)
{
    if (options.Only != "rabbitmq")
    {
        string own = Path.Combine(directory, "warren");
        yield return scenario.Nodes > 1
            ? new WarrenCluster(server, tool, own, ClusterPort, scenario.Nodes, scenario.Founders)
            : new WarrenBroker(server, own, WarrenPort);
    }

    if (options.Only == "warren" || !RabbitBroker.Installed || scenario.WarrenOnly)
        yield break;
    string others = Path.Combine(directory, "rabbit");
    yield return scenario.Nodes > 1
        ? new RabbitCluster(others, RabbitClusterPort, scenario.Nodes)
        : new RabbitBroker(others, RabbitPort);
}

// A step that fails does not keep the next from being measured; a broker that has gone fails them all.
Reading[] MeasureOnce(Broker broker, Scenario scenario)
{
    try
    {
        broker.Start();
        return [.. scenario.Steps.Select(step => Measured(broker, step))];
    }
    catch (IOException failure)
    {
        return [.. scenario.Steps.Select(_ => Reading.Failed(failure.Message))];
    }
    finally
    {
        broker.Discard();
    }
}

Reading Measured(Broker broker, Step step)
{
    if (step.WarrenOnly && broker.Name == "RabbitMQ")
        return Reading.None;
    try
    {
        return RunAll(broker, step);
    }
    catch (IOException failure)
    {
        return Reading.Failed(failure.Message);
    }
}

Reading RunAll(Broker broker, Step step)
{
    Reading last = Reading.None;
    foreach (string command in step.Commands)
    {
        last = (BrokerCommand.Run(broker, load, command) ?? load.Run(broker, command)).After(last);
        if (last.Error is not null)
            break;
    }

    return last;
}
