using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Warren.Tidy.Rules;

/// <summary>
/// Time, disk, scheduling and randomness come in through seams, so that a node can be run from a seed. What would go
/// around a seam is named here with the places that may use it.
/// </summary>
public static class BannedApiRule
{
    private static readonly string[] Nowhere = [];
    private static readonly string[] Start = ["src/Server/Program.cs", "src/Cli/Node/RemoteNode.cs"];

    /// <summary>
    /// What a node reads before it serves and leaves behind for others; nothing that a simulation runs.
    /// </summary>
    private static readonly string[] FileSeam =
    [
        "src/Server/Configuration/", "src/Server/Logging/", "src/Server/PidFile.cs", "src/Server/BootDefinitions.cs",
        "src/Server/ErlangCookie.cs", .. Start,
        // The entry in the machine's registry of nodes.
        "src/Server/Cluster/LocalRegistry.cs",
        // The data directory as a whole, while no node uses it.
        "src/Server/Cluster/NodeDirectory.cs",
        // The control socket's name and the file of enabled plugins; /proc, for people.
        "src/Server/Control/ControlSocket.cs", "src/Server/Control/Plugins.cs",
        "src/Server/Control/ProcessFiles.cs",
        // A command is a process of its own: nothing of it runs in a node.
        "src/Cli/",
    ];

    /// <summary>The node log's disk; a simulation puts another one in its place.</summary>
    private static readonly string[] DiskSeam =
    [
        "src/Storage/Disk/FileDisk.cs", "src/Storage/Disk/FileDiskFile.cs", "src/Storage/Disk/ReadOnlyDisk.cs",
        "src/Storage/Disk/DirectoryLock.cs",
    ];

    /// <summary>Members by "Type.Member"; "Type.*" is every member.</summary>
    private static readonly Dictionary<string, string[]> Members = new()
    {
        ["DateTime.Now"] = Nowhere,
        ["DateTime.UtcNow"] = Nowhere,
        ["DateTime.Today"] = Nowhere,
        ["DateTimeOffset.Now"] = Nowhere,
        ["DateTimeOffset.UtcNow"] = Nowhere,
        ["Environment.TickCount"] = Nowhere,
        ["Environment.TickCount64"] = Nowhere,
        ["Stopwatch.GetTimestamp"] = Nowhere,
        ["Stopwatch.StartNew"] = Nowhere,
        ["TimeProvider.System"] = Start,
        ["Task.Run"] = Nowhere,
        ["Thread.Sleep"] = Nowhere,
        ["Random.Shared"] = Nowhere,
        ["GC.Collect"] = ["src/Broker/Alarms/NodeAlarms.cs"],
        ["File.*"] = [.. FileSeam, .. DiskSeam],
        ["Directory.*"] = [.. FileSeam, .. DiskSeam],
        ["RandomAccess.*"] = DiskSeam,
    };

    private static readonly Dictionary<string, string[]> Constructors = new()
    {
        ["Stopwatch"] = Nowhere,
        ["FileStream"] = [.. FileSeam, .. DiskSeam],
        ["DriveInfo"] = DiskSeam,
        ["FileInfo"] = FileSeam,
        ["DirectoryInfo"] = FileSeam,
    };

    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!file.IsCSharp || !file.IsBelow("src"))
            yield break;
        foreach (var node in file.Syntax.DescendantNodes())
        {
            if (Banned(node, file.Path) is { } name)
                yield return new Finding(file.Path, node.FirstLine(), $"{name} goes around a seam");
        }
    }

    private static string? Banned(SyntaxNode node, string path)
    {
        switch (node)
        {
            case MemberAccessExpressionSyntax access:
                var type = LastName(access.Expression);
                var name = $"{type}.{access.Name.Identifier.Text}";
                return IsBanned(Members, name, path) || IsBanned(Members, type + ".*", path) ? name : null;
            case ObjectCreationExpressionSyntax { Type: var created, ArgumentList: var arguments }:
                var createdName = LastName(created);
                var isUnseeded = createdName == "Random" && (arguments is null || arguments.Arguments.Count == 0);
                return isUnseeded || IsBanned(Constructors, createdName, path) ? $"new {createdName}" : null;
            case MethodDeclarationSyntax method when IsAsyncVoid(method):
                return "async void";
            default:
                return null;
        }
    }

    private static bool IsAsyncVoid(MethodDeclarationSyntax method) =>
        method.Modifiers.Any(SyntaxKind.AsyncKeyword)
        && method.ReturnType is PredefinedTypeSyntax type && type.Keyword.IsKind(SyntaxKind.VoidKeyword);

    private static bool IsBanned(Dictionary<string, string[]> table, string name, string path) =>
        table.TryGetValue(name, out var allowed)
        && !allowed.Any(place => path.StartsWith(place, StringComparison.Ordinal));

    /// <summary>
    /// The type's own name, alone or behind <c>System.</c> or another namespace; empty for a value's member.
    /// </summary>
    private static string LastName(SyntaxNode expression) => expression switch
    {
        IdentifierNameSyntax name => name.Identifier.Text,
        QualifiedNameSyntax name => name.Right.Identifier.Text,
        AliasQualifiedNameSyntax name => name.Name.Identifier.Text,
        MemberAccessExpressionSyntax access when access.ToString().StartsWith("System.", StringComparison.Ordinal)
            || access.ToString().StartsWith("global::System.", StringComparison.Ordinal) => access.Name.Identifier.Text,
        _ => "",
    };
}
