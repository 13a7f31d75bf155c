using System.Globalization;

namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// How much of the simulations runs with the other tests: in all a quarter of a million crashes in about a minute.
/// <c>./build.sh simulate</c> runs them for as long as it is told, from the seed that it is told, by the variables
/// below.
/// </summary>
internal static class SimulationShare
{
    /// <summary>Lives with a crash at the end of each: seeds of <see cref="LogSimulation"/>.</summary>
    public const int Seeds = 1500;

    public const int Lives = 10;

    /// <summary>A crash in six ways at every operation: some 600 a seed.</summary>
    public const int CrashEverywhereSeeds = 400;

    /// <summary>A life for every operation that can fail: some 100 a seed and kind of failure.</summary>
    public const int FailEverywhereSeeds = 15;

    /// <summary>A dozen damages a seed.</summary>
    public const int DamageSeeds = 400;

    /// <summary>A disk that fills up and is drained, with some ten crashes.</summary>
    public const int FullDiskSeeds = 500;

    /// <summary>Each planted bug is found within so many seeds, or the simulation has lost its sight.</summary>
    public const int PlantedBugSeeds = 300;

    /// <summary>For how long the full simulation runs.</summary>
    public static TimeSpan Duration => TimeSpan.FromMinutes(Number("WARREN_SIMULATE_MINUTES") ?? 10);

    /// <summary>Its first seed.</summary>
    public static int FirstSeed => Number("WARREN_SIMULATE_SEED") ?? 10_000;

    /// <summary>Its last seed; with <see cref="FirstSeed"/> the same, it is a replay.</summary>
    public static int LastSeed => Number("WARREN_SIMULATE_LAST_SEED") ?? int.MaxValue - 1;

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
}
