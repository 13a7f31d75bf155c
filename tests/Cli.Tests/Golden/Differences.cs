namespace Warren.Cli.Tests.Golden;

/// <summary>
/// The recordings that Warren does not repeat, each with the reason. The test sees to it that each of them does differ,
/// so that nothing stays here once it is alike.
/// </summary>
internal static class Differences
{
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
    };
}
