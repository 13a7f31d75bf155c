using Warren.Fuzz;
using Xunit;

namespace Warren.Amqp.Tests;

/// <summary>A bounded share of the fuzzer, always the same cases; tests/Fuzz runs for as long as told.</summary>
public class FuzzTests
{
    [Theory]
    [InlineData("frames")]
    [InlineData("tables")]
    [InlineData("properties")]
    [InlineData("methods")]
    public void Mutated_inputs_break_no_promise(string target)
    {
        const int Cases = 10_000;
        var run = new FuzzRun(FuzzTargets.Find(target)!, seed: 1);
        run.Run(TimeSpan.FromMinutes(2), Cases);
        Assert.Equal(Cases, run.Cases);
    }
}
