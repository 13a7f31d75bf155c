using Warren.Faults.Ledgers;
using Warren.Faults.Nodes;
using Warren.Faults.Scenarios;
using Xunit;

namespace Warren.Faults;

/// <summary>A node that is asked to stop.</summary>
public sealed class CleanTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_stopped_node_has_everything_when_it_starts_again()
    {
        using var node = new WarrenNode();
        int seed = Random.Shared.Next();
        var tested = new TestedNode(node, new Ledger(new Guarantees()), seed);
        await new CleanScenario(tested, 8000, output.WriteLine).RunAsync();
    }
}
