using System.Text.RegularExpressions;

namespace Warren.Tidy.Rules;

/// <summary>No notes to oneself, stubs or folds left in the tree.</summary>
public static partial class WordRule
{
    public static IEnumerable<Finding> Check(SourceFile file)
    {
        // The rule and its test must name what they look for.
        if (!file.IsCSharp && !file.Path.EndsWith(".sh", StringComparison.Ordinal) || file.IsBelow("tests/Tidy"))
            yield break;
        for (var i = 0; i < file.Lines.Count; i++)
        {
            if (Unwanted().Match(file.Lines[i]) is { Success: true } match)
                yield return new Finding(file.Path, i + 1, $"\"{match.Value.Trim()}\" does not belong in the tree");
        }
    }

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b|\bNotImplementedException\b|^\s*#region\b")]
    private static partial Regex Unwanted();
}
