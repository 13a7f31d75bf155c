using Warren.Conformance.Player;
using Xunit;

namespace Warren.Conformance;

/// <summary>The scenario files agree with one another and leave no recorded situation out.</summary>
public sealed class ScenarioFilesTests
{
    [Fact]
    public void Every_recorded_situation_is_a_case()
    {
        IEnumerable<string> recorded = File.ReadAllLines(Path.Combine(ScenarioCatalogue.Directory, "recorded-ids.list"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Trim('"'));
        HashSet<string> played =
            [.. ScenarioCatalogue.All.SelectMany(scenario => scenario.Cases).Select(one => one.Id)];
        Assert.Equal([], recorded.Except(played));
    }

    [Fact]
    public void A_case_has_one_id_in_its_scenario() =>
        Assert.Empty(ScenarioCatalogue.All.SelectMany(scenario =>
            scenario.Cases.GroupBy(one => one.Id).Where(group => group.Count() > 1)
                .Select(group => $"{scenario.Name} {group.Key}")));

    [Fact]
    public void Every_case_is_recorded_with_the_steps_that_it_has_now()
    {
        foreach (Scenario scenario in ScenarioCatalogue.All)
        {
            IReadOnlyList<CaseTranscript> recorded = ScenarioCatalogue.Recorded(scenario);
            Assert.Equal(
                scenario.Cases.Select(one => (scenario.Name, one.Id)), recorded.Select(one => (scenario.Name, one.Id)));
            Assert.Equal(
                scenario.Cases.Select(one => (one.Id, one.Steps.Count(IsEchoed))),
                recorded.Select(
                    one => (one.Id, one.Lines.Count(line => !line.StartsWith("    ", StringComparison.Ordinal)))));
        }
    }

    [Fact]
    public void Every_difference_says_why_and_belongs_to_a_case()
    {
        foreach (Scenario scenario in ScenarioCatalogue.All)
        {
            foreach (CaseTranscript difference in ScenarioCatalogue.Differences(scenario))
            {
                Assert.False(
                    string.IsNullOrWhiteSpace(difference.Reason), $"{scenario.Name} {difference.Id} does not say why");
                CaseTranscript? recorded = ScenarioCatalogue.Recorded(scenario)
                    .SingleOrDefault(one => one.Id == difference.Id);
                Assert.True(recorded is not null, $"{scenario.Name} has no case {difference.Id}");
                Assert.True(
                    Comparison.Difference(difference, recorded) is not null,
                    $"{scenario.Name} {difference.Id} does not differ from RabbitMQ");
            }
        }
    }

    private static bool IsEchoed(string step) => !step.StartsWith("quietly ", StringComparison.Ordinal);
}
