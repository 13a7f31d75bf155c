using System.Globalization;

namespace Warren.Broker.Tests.Cluster.Nodes;

/// <summary>
/// How much of the simulation of nodes runs with the other tests: some seconds. The full one runs for as long as it is
/// told, from the seed that it is told, by the variables below.
/// </summary>
internal static class NodesShare
{
    public const int Seeds = 6;

    public const int RepeatedSeed = 3;

    /// <summary>
    /// From here on every second hundred of seeds has transient messages and queues with one active consumer.
    /// </summary>
    public const int FirstWideSeed = 100;

    public const int WideSeeds = 4;

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
