using System.Diagnostics;
using Warren.Conformance.Harness;

namespace Warren.Conformance.Player;

/// <summary>
/// The commands beside the tests; each takes --only PREFIX.
/// record --uri amqp://guest:guest@HOST:PORT --ctl "rabbitmqctl -n NODE": writes what RabbitMQ says beside the
/// scenarios; a scenario that does not go the same way twice is not written.
/// play: prints the transcripts. diff: prints where they are not as expected of Warren.
/// Without --uri the two play on a Warren node that they start.
/// </summary>
public static class PlayCommand
{
    /// <summary>Runs the command; 0 when all scenarios could be played, and recorded, or are as expected.</summary>
    public static int Run(string[] args)
    {
        Dictionary<string, string> options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        string only = options.GetValueOrDefault("--only", "");
        List<Scenario> scenarios =
            [.. ScenarioCatalogue.All.Where(one => one.Name.StartsWith(only, StringComparison.Ordinal))];
        RabbitControl? control = options.TryGetValue("--ctl", out string? command) ? new RabbitControl(command) : null;
        control?.Import(scenarios);
        using RunningBroker? warren = options.ContainsKey("--uri") ? null : new WarrenProcess(scenarios);
        Endpoint endpoint = warren?.Endpoint ?? Endpoint.Parse(options["--uri"]);
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyDictionary<string, Performance> first = Orchestra.PlayAll(scenarios, endpoint);
        Console.WriteLine($"played {scenarios.Count} scenarios in {watch.Elapsed.TotalSeconds:F1} s");
        if (args[0] == "play")
            return Print(scenarios, first);
        if (args[0] == "diff")
            return Compare(scenarios, first);
        control?.Import(scenarios);
        return Record(scenarios, first, Orchestra.PlayAll(scenarios, endpoint));
    }

    private static int Print(List<Scenario> scenarios, IReadOnlyDictionary<string, Performance> performances)
    {
        foreach (Scenario scenario in scenarios)
        {
            Console.WriteLine($"== {scenario.Name}");
            foreach (CaseTranscript one in performances[scenario.Name].Cases)
                Console.WriteLine(TranscriptFile.Show(one));
            if (performances[scenario.Name].Failure is { } failure)
                Console.WriteLine(failure.ToString());
        }

        return performances.Values.Any(one => one.Failure is not null) ? 1 : 0;
    }

    private static int Compare(List<Scenario> scenarios, IReadOnlyDictionary<string, Performance> performances)
    {
        int differences = 0;
        foreach (Scenario scenario in scenarios)
        {
            foreach (CaseTranscript one in performances[scenario.Name].Cases)
            {
                string? difference = ScenarioCatalogue.Expected(scenario, one.Id, ofWarren: true) is { } expected
                    ? Comparison.Difference(expected, one)
                    : $"case {one.Id} is not recorded\n";
                if (difference is null)
                    continue;
                differences++;
                Console.WriteLine($"{scenario.Name} {difference}");
            }

            if (performances[scenario.Name].Failure is { } failure)
                Console.WriteLine($"{scenario.Name} {failure}");
        }

        Console.WriteLine($"{differences} cases differ");
        return differences == 0 && performances.Values.All(one => one.Failure is null) ? 0 : 1;
    }

    private static int Record(
        List<Scenario> scenarios, IReadOnlyDictionary<string, Performance> first,
        IReadOnlyDictionary<string, Performance> second)
    {
        int refused = 0;
        foreach (Scenario scenario in scenarios)
        {
            Exception? failure = first[scenario.Name].Failure ?? second[scenario.Name].Failure;
            string difference = failure is not null
                ? failure.ToString()
                : string.Concat(first[scenario.Name].Cases.Zip(second[scenario.Name].Cases, Comparison.Difference));
            if (difference.Length > 0)
            {
                refused++;
                Console.WriteLine($"NOT RECORDED {scenario.Name}, it does not go the same way twice:\n{difference}");
                continue;
            }

            TranscriptFile.Write(
                Path.Combine(ScenarioCatalogue.Directory, scenario.Name + ".rabbitmq.txt"), first[scenario.Name].Cases);
        }

        Console.WriteLine($"recorded {scenarios.Count - refused}, refused {refused}");
        return refused == 0 ? 0 : 1;
    }
}
