using System.Globalization;

namespace Warren.Cluster.Tests.Consensus.Simulation;

/// <summary>
/// How much of the simulation runs with the other tests: a few seconds. The full one runs for as long as it is told,
/// from the seed that it is told, by the variables below.
/// </summary>
internal static class SimulationShare
{
    public const int Seeds = 150;

    /// <summary>Random walks with the other tests.</summary>
    public const int Walks = 2000;

    /// <summary>For each seed of the simulation, so many walks.</summary>
    public const int WalksASeed = 20;

    /// <summary>Each planted bug is found within so many seeds, or the simulation has lost its sight.</summary>
    public const int PlantedBugSeeds = 3000;

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
