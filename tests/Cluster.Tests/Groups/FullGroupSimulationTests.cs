using System.Diagnostics;
using Warren.Cluster.Tests.Consensus.Simulation;
using Xunit;

namespace Warren.Cluster.Tests.Groups;

/// <summary>
/// The simulation over seeds that the other tests do not see, for as long as is wanted, on all processors.
/// </summary>
public sealed class FullGroupSimulationTests(ITestOutputHelper output)
{
    private const int SeedsAtOnce = 64;

    [Fact(Explicit = true)]
    public void Whatever_happens_what_was_committed_is_on_every_member()
    {
        var watch = Stopwatch.StartNew();
        var gate = new Lock();
        GroupReport total = default;
        long next = SimulationShare.FirstSeed;
        for (; next <= SimulationShare.LastSeed && watch.Elapsed < SimulationShare.Duration; next += SeedsAtOnce)
        {
            Parallel.For(next, Math.Min(next + SeedsAtOnce, SimulationShare.LastSeed + 1L), seed =>
            {
                GroupReport report = GroupSimulation.Run((int)seed);
                lock (gate)
                    total += report;
            });
        }
        long last = Math.Min(next - 1, SimulationShare.LastSeed);
        output.WriteLine(
            $"seeds {SimulationShare.FirstSeed} to {last} in {watch.Elapsed.TotalMinutes:F1} minutes: {total}");
    }
}
