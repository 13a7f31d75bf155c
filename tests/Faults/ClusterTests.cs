using System.Globalization;
using System.Text;
using Warren.Faults.Hosts;
using Warren.Faults.Scenarios;
using Xunit;

namespace Warren.Faults;

/// <summary>
/// A few of each kind of what <c>./build.sh faults cluster</c> does to three nodes on machines of their own, where such
/// machines can be made.
/// </summary>
public sealed class ClusterTests(ITestOutputHelper output)
{
    // They take less than a minute; whoever hangs has said so long before.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    [Fact]
    public Task Cut_off_and_killed_nodes_lose_nothing_and_bring_nothing_back() => RunAsync("partition");

    [Fact]
    public Task The_end_of_a_leader_takes_nobody_s_connection_and_no_message() => RunAsync("failover");

    [Fact]
    public Task A_node_is_restarted_and_only_its_own_clients_notice() => RunAsync("rolling");

    [Fact]
    public async Task A_disk_that_stands_still_or_is_full_loses_nothing()
    {
        string? reason = await HostLab.WhyNotAsync() ?? await DisksScenario.WhyNotAsync(RunLength.Brief);
        Assert.SkipUnless(reason is null, reason ?? "");
        await RunAsync("disks");
    }

    private async Task RunAsync(string scenario)
    {
        string? reason = await HostLab.WhyNotAsync();
        Assert.SkipUnless(reason is null, reason ?? "");
        // Another seed with every run; it is in the first line.
        string seed = Random.Shared.Next(1_000_000).ToString(CultureInfo.InvariantCulture);
        var said = new StringBuilder();
        await using var writer = new StringWriter(said, CultureInfo.InvariantCulture);
        int code = await HostLab.Reenter([scenario, "--brief", "--seed", seed], writer, Patience);
        output.WriteLine($"{said}");
        Assert.True(code == 0, $"{said}");
    }
}
