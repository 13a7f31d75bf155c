using System.Diagnostics;
using Xunit;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// The simulation over seeds that the other tests do not see, for as long as is wanted, on all processors.
/// </summary>
public sealed class FullClusterSimulationTests(ITestOutputHelper output)
{
    private const int SeedsAtOnce = 64;

    [Fact(Explicit = true)]
    public void Whatever_happens_what_was_committed_stays()
    {
        var watch = Stopwatch.StartNew();
        var gate = new Lock();
        SimulationReport total = default;
        long next = SimulationShare.FirstSeed;
        for (; next <= SimulationShare.LastSeed && watch.Elapsed < SimulationShare.Duration; next += SeedsAtOnce)
        {
            Parallel.For(next, Math.Min(next + SeedsAtOnce, SimulationShare.LastSeed + 1L), seed =>
            {
                for (long walk = 0; walk < SimulationShare.WalksASeed; walk++)
                    RandomWalk.Run((int)(seed * SimulationShare.WalksASeed + walk));
                SimulationReport report = ClusterSimulation.Run((int)seed);
                lock (gate)
                    total += report;
            });
        }
        long last = Math.Min(next - 1, SimulationShare.LastSeed);
        output.WriteLine(
            $"seeds {SimulationShare.FirstSeed} to {last} in {watch.Elapsed.TotalMinutes:F1} minutes: {total}");
    }
}
