using Warren.Fuzz;
using Xunit;

namespace Warren.Cluster.Tests;

/// <summary>A bounded share of the fuzzer, always the same cases; tests/Fuzz runs for as long as told.</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData("peer-handshake")]
    [InlineData("peer-frames")]
    public void Mutated_inputs_break_no_promise(string target)
    {
        const int Cases = 3000;
        var run = new FuzzRun(FuzzTargets.Find(target)!, seed: 1);
        run.Run(TimeSpan.FromMinutes(2), Cases);
        Assert.Equal(Cases, run.Cases);
    }
}
