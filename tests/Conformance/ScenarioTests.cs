using Warren.Conformance.Harness;
using Warren.Conformance.Player;
using Xunit;

namespace Warren.Conformance;

/// <summary>
/// Every case of every scenario goes as it went on RabbitMQ 3.10, or as its .warren.txt says and why.
/// </summary>
public sealed class ScenarioTests(BrokerFixture fixture)
{
    public static IEnumerable<TheoryDataRow<string, string>> Cases() =>
        from scenario in ScenarioCatalogue.All
        from one in scenario.Cases
        select new TheoryDataRow<string, string>(scenario.Name, one.Id);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Goes_as_expected(string name, string id)
    {
        Scenario scenario = ScenarioCatalogue.All.Single(one => one.Name == name);
        CaseTranscript? expected = ScenarioCatalogue.Expected(scenario, id, fixture.Broker.IsWarren);
        Assert.True(expected is not null, "not recorded; run the record command that README.md tells of");
        Performance performance = fixture.Performances[name];
        CaseTranscript? got = performance.Cases.SingleOrDefault(one => one.Id == id);
        Assert.True(got is not null, $"could not be played: {performance.Failure}");
        string? difference = Comparison.Difference(expected, got);
        Assert.True(difference is null, difference);
    }
}
