using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Warren.Tidy.Rules;

/// <summary>Types and folders bear the field's own words, not words that fit anything.</summary>
public static partial class NameRule
{
    private static readonly HashSet<string> EmptyWords =
    [
        "Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities",
        "Impl", "Base", "Data", "Info", "Common",
    ];

    private static readonly HashSet<string> EmptyFolders =
        ["Common", "Utils", "Util", "Helpers", "Shared", "Abstractions", "Misc", "Core"];

    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!file.IsCSharp || !file.IsBelow("src"))
            yield break;
        foreach (var folder in file.Path.Split('/')[..^1].Where(EmptyFolders.Contains))
            yield return new Finding(file.Path, 0, $"the folder {folder} could hold anything; name what it holds");
        foreach (var type in file.Syntax.DescendantNodes().OfType<BaseTypeDeclarationSyntax>())
        {
            var name = type.Identifier.Text;
            var lastWord = LastWord().Match(name).Value;
            if (EmptyWords.Contains(lastWord))
                yield return new Finding(file.Path, type.FirstLine(), $"{name}: {lastWord} says nothing");
        }
    }

    [GeneratedRegex("[A-Z][a-z0-9]*$")]
    private static partial Regex LastWord();
}
