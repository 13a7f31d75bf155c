namespace Warren.Conformance.Harness;

/// <summary>Finds the checkout that this program was built from, by the solution file at its root.</summary>
public static class Repository
{
    /// <summary>The root directory.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>A path below the root.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find(string directory)
    {
        string? at = directory;
        while (at is not null && !File.Exists(System.IO.Path.Combine(at, "Warren.slnx")))
            at = System.IO.Path.GetDirectoryName(at);
        return at ?? throw new InvalidOperationException($"no Warren.slnx above {directory}");
    }
}
