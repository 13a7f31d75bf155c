namespace Warren.Storage.Tests.Simulation;

/// <summary>
/// How much of the simulations runs with the other tests. <c>./build.sh simulate</c> runs them for as long as it is told.
/// </summary>
internal static class SimulationShare
{
    public static int Seeds => int.Parse(Environment.GetEnvironmentVariable("SEEDS") ?? "300");

    public const int CrashEverywhereSeeds = 100;

    public const int FailEverywhereSeeds = 20;

    public const int DamageSeeds = 1500;

    /// <summary>Each planted bug is found within so many seeds, or the simulation has lost its sight.</summary>
    public const int PlantedBugSeeds = 500;
}
