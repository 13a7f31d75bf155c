namespace Warren.Tidy;

/// <summary>The repository's files, read once.</summary>
public static class SourceTree
{
    private static readonly HashSet<string> Skipped =
        [".git", ".tools", "bin", "obj", "dist", "var", "node_modules", "TestResults", "__pycache__"];

    private static readonly string[] Endings =
        [".cs", ".csproj", ".md", ".sh", ".props", ".slnx", ".yml", ".js", ".py", ".c"];

    /// <summary>The directory that holds <c>Warren.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Files { get; } =
        [.. Read(Root).OrderBy(f => f.Path, StringComparer.Ordinal)];

    public static bool Exists(string path) =>
        File.Exists(Path.Combine(Root, path)) || Directory.Exists(Path.Combine(Root, path));

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (directory is not null)
        {
            if (File.Exists(Path.Combine(directory, "Warren.slnx")))
                return directory;
            directory = Path.GetDirectoryName(directory);
        }

        throw new InvalidOperationException($"no directory above {AppContext.BaseDirectory} holds Warren.slnx");
    }

    private static IEnumerable<SourceFile> Read(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory).Where(f => Endings.Contains(Path.GetExtension(f))))
            yield return new SourceFile(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file));
        foreach (var child in Directory.EnumerateDirectories(directory))
        {
            if (Skipped.Contains(Path.GetFileName(child)))
                continue;
            foreach (var file in Read(child))
                yield return file;
        }
    }
}
