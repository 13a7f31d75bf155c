using System.Globalization;
using Warren.Compare;

const int WarrenPort = 27672;
const int RabbitPort = 27682;

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
string directory = Path.Combine(Path.GetTempPath(), $"warren-bench-{Environment.ProcessId}");
var load = new LoadTool(
    Path.Combine(bench, "Load/bin/Release/net10.0/Warren.Load.dll"),
    options.Seconds, options.WarmUpSeconds, options.Raw);

var brokers = new List<Broker>();
if (options.Only != "rabbitmq")
    brokers.Add(new WarrenBroker(server, Path.Combine(directory, "warren"), WarrenPort));
if (options.Only != "warren" && RabbitBroker.Installed)
    brokers.Add(new RabbitBroker(Path.Combine(directory, "rabbit"), RabbitPort));
else if (options.Only != "warren")
    Console.WriteLine("RabbitMQ (the package rabbitmq-server) is not installed, so there are no ratios.\n");

// A broker must not outlive an interrupted run.
AppDomain.CurrentDomain.ProcessExit += (_, _) => brokers.ForEach(broker => broker.Dispose());

Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{Environment.ProcessorCount} cores; medians of {options.Rounds} rounds of {options.Seconds} s, brokers in turn"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"load average before: {File.ReadAllText("/proc/loadavg").Split(' ')[0]}\n\n{Table.Head}"));
foreach (Scenario scenario in options.Scenarios)
{
    var results = brokers.ToDictionary(broker => broker, _ => new Result());
    for (int round = 0; round < options.Rounds; round++)
    {
        foreach (Broker broker in brokers)
            results[broker].Add(MeasureOnce(broker, scenario));
    }

    Table.Lines(scenario, Of<WarrenBroker>(), Of<RabbitBroker>()).Split('\n').ToList().ForEach(Console.WriteLine);

    Result? Of<T>() => results.FirstOrDefault(pair => pair.Key is T).Value;
}

return 0;

Reading[] MeasureOnce(Broker broker, Scenario scenario)
{
    try
    {
        broker.Start();
        return [.. scenario.Steps.Select(step => RunAll(broker, step))];
    }
    catch (IOException failure)
    {
        var failed = new Reading(null, null, null, null, null, Drained: false, failure.Message);
        return [.. scenario.Steps.Select(_ => failed)];
    }
    finally
    {
        broker.Stop();
    }
}

Reading RunAll(Broker broker, Step step)
{
    Reading last = load.Run(broker, step.Commands[0]);
    foreach (string command in step.Commands.AsSpan(1))
    {
        if (last.Error is not null)
            break;
        last = load.Run(broker, command);
    }

    return last;
}
