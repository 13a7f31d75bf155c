using Warren.Fuzz;
using Xunit;

namespace Warren.Broker.Tests.Remote;

/// <summary>A bounded share of the fuzzer's target "peer-users", always the same cases.</summary>
public sealed class PeerUsersFuzzTests
{
    [Fact]
    public void Whatever_another_node_sends_the_broker_stays_sound()
    {
        const int Cases = 1000;
        var run = new FuzzRun(FuzzTargets.Find("peer-users")!, seed: 1);
        run.Run(TimeSpan.FromMinutes(5), Cases);
        Assert.Equal(Cases, run.Cases);
    }
}
