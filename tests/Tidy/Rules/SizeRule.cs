using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Warren.Tidy.Rules;

/// <summary>Files, methods and lines stay short enough to be read in one go. Generated files are exempt.</summary>
public static class SizeRule
{
    public const int FileLines = 500;
    public const int MethodLines = 70;
    public const int LineLetters = 120;

    public static IEnumerable<Finding> Check(SourceFile file)
    {
        if (!file.IsCSharp || file.IsGenerated)
            yield break;
        if (file.Lines.Count > FileLines)
            yield return new Finding(file.Path, 0, $"{file.Lines.Count} lines; at most {FileLines}");
        for (var i = 0; i < file.Lines.Count; i++)
        {
            var letters = file.Lines[i].Length;
            if (letters > LineLetters)
                yield return new Finding(file.Path, i + 1, $"{letters} letters in a line; at most {LineLetters}");
        }

        foreach (var method in file.Syntax.DescendantNodes().Where(IsMethod))
        {
            var lines = method.LineCount();
            if (lines > MethodLines)
                yield return new Finding(
                    file.Path, method.FirstLine(), $"{lines} lines in a method; at most {MethodLines}");
        }
    }

    private static bool IsMethod(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
        || node is PropertyDeclarationSyntax { ExpressionBody: not null };
}
