using Warren.Fuzz;
using Xunit;

namespace Warren.Broker.Tests.Connections;

/// <summary>A bounded share of the fuzzer's target "connection", always the same cases.</summary>
public sealed class ConnectionFuzzTests
{
    [Fact]
    public void Whatever_clients_do_the_broker_stays_sound()
    {
        const int Cases = 1500;
        var run = new FuzzRun(FuzzTargets.Find("connection")!, seed: 1);
        run.Run(TimeSpan.FromMinutes(5), Cases);
        Assert.Equal(Cases, run.Cases);
    }
}
