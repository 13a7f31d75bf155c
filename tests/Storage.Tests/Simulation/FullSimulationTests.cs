using System.Diagnostics;
using Warren.Storage.Disk;
using Xunit;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// All simulations over seeds that the other tests do not see, for as long as is wanted, on all processors.
/// </summary>
public sealed class FullSimulationTests(ITestOutputHelper output)
{
    private const int SeedsAtOnce = 16;

    private long _crashes;
    private long _failures;
    private long _damages;

    [Fact(Explicit = true)]
    public void Whatever_happens_what_was_durable_comes_back()
    {
        var watch = Stopwatch.StartNew();
        long next = SimulationShare.FirstSeed;
        for (; next <= SimulationShare.LastSeed && watch.Elapsed < SimulationShare.Duration; next += SeedsAtOnce)
            Parallel.For(next, Math.Min(next + SeedsAtOnce, SimulationShare.LastSeed + 1L), seed => Run((int)seed));
        long last = Math.Min(next - 1, SimulationShare.LastSeed);
        output.WriteLine(
            $"seeds {SimulationShare.FirstSeed} to {last}: {_crashes} crashes, {_failures} failures "
            + $"and {_damages} damages "
            + $"in {watch.Elapsed.TotalMinutes:F1} minutes, and nothing was lost or came back");
    }

    private void Run(int seed)
    {
        Interlocked.Add(
            ref _crashes,
            LogSimulation.Run(seed, SimulationShare.Lives)
                + CrashEverywhere.Run(seed) + FullDiskSimulation.Run(seed, hasOperator: true));
        Interlocked.Add(
            ref _failures, FailEverywhere.Run(seed, DiskFailure.NoSpace) + FailEverywhere.Run(seed, DiskFailure.Other));
        Interlocked.Add(ref _damages, DamageSimulation.Run(seed));
    }
}
