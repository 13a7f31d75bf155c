using System.Text.RegularExpressions;

namespace Warren.Tidy.Rules;

/// <summary>Links between documents, and documents named in code, lead somewhere.</summary>
public static partial class LinkRule
{
    /// <param name="file">Any file of the tree.</param>
    /// <param name="exists">True when a path from the root is a file or a directory.</param>
    public static IEnumerable<Finding> Check(SourceFile file, Func<string, bool> exists)
    {
        var isDocument = file.Path.EndsWith(".md", StringComparison.Ordinal);
        if (!isDocument && !file.IsCSharp || file.IsBelow("tests/Tidy"))
            yield break;
        for (var i = 0; i < file.Lines.Count; i++)
        {
            var targets = isDocument
                ? Link().Matches(file.Lines[i]).Select(m => FromRoot(file.Path, m.Groups["target"].Value))
                : Mention().Matches(file.Lines[i]).Select(m => m.Value);
            foreach (var target in targets.Where(t => t.Length > 0 && !exists(t)))
                yield return new Finding(file.Path, i + 1, $"leads to {target}, which does not exist");
        }
    }

    /// <summary>A link's target as a path from the root; empty for an address or a place on the same page.</summary>
    private static string FromRoot(string path, string target)
    {
        target = target.Split('#')[0];
        if (target.Length == 0 || Address().IsMatch(target))
            return "";
        var folder = Path.GetDirectoryName("/" + path)!;
        return Path.GetFullPath(target, folder)[1..];
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)(\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\bdocs/[\w./-]+\.md\b")]
    private static partial Regex Mention();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:")]
    private static partial Regex Address();
}
