using System.Diagnostics;
using Xunit;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// The simulation of nodes over seeds that the other tests do not see, for as long as is wanted, on all processors.
/// With odd seeds some queues are replicated, and with every second hundred some have a single active consumer.
/// </summary>
public sealed class FullNodesSimulationTests(ITestOutputHelper output)
{
    private const int SeedsAtOnce = 16;

    [Fact(Explicit = true)]
    public void Whatever_happens_what_clients_are_told_is_true()
    {
        var watch = Stopwatch.StartNew();
        var gate = new Lock();
        NodesReport total = default;
        long next = NodesShare.FirstSeed;
        for (; next <= NodesShare.LastSeed && watch.Elapsed < NodesShare.Duration; next += SeedsAtOnce)
        {
            Parallel.For(next, Math.Min(next + SeedsAtOnce, NodesShare.LastSeed + 1L), seed =>
            {
                NodesReport report = NodesSimulation.Run(
                    (int)seed, replicates: seed % 2 == 1, mirrors: seed % 4 >= 2, isWide: seed / 100 % 2 == 1);
                lock (gate)
                    total += report;
            });
        }
        long last = Math.Min(next - 1, NodesShare.LastSeed);
        output.WriteLine(
            $"seeds {NodesShare.FirstSeed} to {last} in {watch.Elapsed.TotalMinutes:F1} minutes: {total}");
    }
}
