using System.Diagnostics;
using Warren.Conformance.Harness;

namespace Warren.Conformance.Player;

/// <summary>
/// The commands beside the tests.
/// record --uri amqp://guest:guest@HOST:PORT --ctl "rabbitmqctl -n NODE" [--only PREFIX]: writes what RabbitMQ says
/// beside the scenarios; a scenario whose two plays differ is not written.
/// play --uri ... [--ctl ...] [--only PREFIX]: plays against any broker and prints the transcripts.
/// </summary>
public static class PlayCommand
{
    /// <summary>Runs the command; 0 when all scenarios could be played (and recorded).</summary>
    public static int Run(string[] args)
    {
        Dictionary<string, string> options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        string directory = Repository.Path("tests", "Conformance", "Scenarios");
        string only = options.GetValueOrDefault("--only", "");
        List<Scenario> scenarios = [.. ScenarioParser.ReadAll(directory).Where(one => one.Name.StartsWith(only, StringComparison.Ordinal))];
        Endpoint endpoint = Endpoint.Parse(options["--uri"]);
        Import(scenarios, options);
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyDictionary<string, Performance> first = Orchestra.PlayAll(scenarios, endpoint);
        Console.WriteLine($"played {scenarios.Count} scenarios in {watch.Elapsed.TotalSeconds:F1} s");
        if (args[0] == "play")
            return Print(scenarios, first);
        Import(scenarios, options);
        return Record(directory, scenarios, first, Orchestra.PlayAll(scenarios, endpoint));
    }

    private const string DeleteOld =
        "[rabbit_vhost:delete(V, <<\"conformance\">>) || V <- rabbit_vhost:list_names(), "
        + "binary:match(V, <<\"scenario:\">>) =/= nomatch].";

    /// <summary>Makes every virtual host of the scenarios afresh, with users and permissions.</summary>
    private static void Import(List<Scenario> scenarios, Dictionary<string, string> options)
    {
        if (!options.TryGetValue("--ctl", out string? control))
            return;
        string file = Path.GetTempFileName();
        File.WriteAllText(file, Fixtures.Definitions(scenarios));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, (UnixFileMode)0x1A4);
        Shell.Run($"{control} -q eval '{DeleteOld}'", mayFail: false);
        Shell.Run($"{control} -q import_definitions '{file}'", mayFail: false);
        File.Delete(file);
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

    private static int Record(
        string directory, List<Scenario> scenarios,
        IReadOnlyDictionary<string, Performance> first, IReadOnlyDictionary<string, Performance> second)
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

            TranscriptFile.Write(Path.Combine(directory, scenario.Name + ".rabbitmq.txt"), first[scenario.Name].Cases);
        }

        Console.WriteLine($"recorded {scenarios.Count - refused}, refused {refused}");
        return refused == 0 ? 0 : 1;
    }
}
