using Warren.Faults.Scenarios;
using Xunit;

namespace Warren.Faults;

/// <summary>A node whose disk is full.</summary>
public sealed class FullTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_full_disk_loses_nothing_and_stops_nobody_for_ever()
    {
        string? reason = await FullScenario.RunAsync(1, output.WriteLine);
        Assert.SkipUnless(reason is null, reason ?? "");
    }
}
