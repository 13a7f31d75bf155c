namespace Warren.Cluster.Consensus;

/// <summary>The mistake that is planted for this thread; looked at where nothing is in a hurry.</summary>
internal static class Planted
{
    [field: ThreadStatic]
    public static PlantedBug Bug { get; set; }

    public static bool Is(PlantedBug bug) => Bug == bug;
}
