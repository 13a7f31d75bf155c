using Warren.Conformance.Harness;

namespace Warren.Conformance.Player;

/// <summary>The scenarios that are checked in, and what is expected of them.</summary>
public static class ScenarioCatalogue
{
    /// <summary>Where they are.</summary>
    public static string Directory { get; } = Repository.Path("tests", "Conformance", "Scenarios");

    /// <summary>All of them in order of name.</summary>
    public static IReadOnlyList<Scenario> All { get; } = ScenarioParser.ReadAll(Directory);

    /// <summary>What RabbitMQ 3.10 said.</summary>
    public static IReadOnlyList<CaseTranscript> Recorded(Scenario scenario) =>
        TranscriptFile.Read(Path.Combine(Directory, scenario.Name + ".rabbitmq.txt"));

    /// <summary>Where Warren is to differ.</summary>
    public static IReadOnlyList<CaseTranscript> Differences(Scenario scenario) =>
        TranscriptFile.Read(Path.Combine(Directory, scenario.Name + ".warren.txt"));

    /// <summary>What is expected of a case, or null when it was not recorded.</summary>
    public static CaseTranscript? Expected(Scenario scenario, string id, bool ofWarren) =>
        (ofWarren ? Differences(scenario).SingleOrDefault(one => one.Id == id) : null)
        ?? Recorded(scenario).SingleOrDefault(one => one.Id == id);
}
